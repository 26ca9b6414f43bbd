"""The demo clinic of ``manage.py demo``: invented people and a lively diary, made through the same verbs as any other."""
