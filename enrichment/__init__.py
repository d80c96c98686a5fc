"""How one video is completed: pipeline, sources, limits, job queue.

The only code that talks to YouTube and Groq.
"""
