"""What an image's events mean: pure functions from a log to a status, a timeline, a view or a retry plan.

Nothing here reads a clock, a table or a queue. The recorder, the API, the command and the simulator all ask
these functions, so they all get the same answer.
"""
