"""What every test may ask for: a Redis, the stand-ins for YouTube and Groq, the usual people, a running installation."""

from hypothesis import HealthCheck, settings

# On a busy machine a slow example is no failure, and nothing is kept between two runs.
settings.register_profile("suite", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

pytest_plugins = ["tests.redis_fixture", "tests.standins.fixtures", "tests.people", "tests.system"]
