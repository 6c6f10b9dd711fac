"""`python -m webhooks`: subscriptions, their secrets, and their deliveries."""

from webhooks.command import main

main()
