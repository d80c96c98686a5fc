"""What every test may ask for: a Redis, the stand-ins for YouTube and Groq, the usual people, a running installation."""

pytest_plugins = ["tests.redis_fixture", "tests.standins.fixtures", "tests.people", "tests.system"]
