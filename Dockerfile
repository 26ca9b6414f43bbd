FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    ENVIRONMENT=production PORT=8000 WEB_HOST=0.0.0.0
WORKDIR /srv/careops

COPY requirements.txt .
RUN pip install --require-hashes --requirement requirements.txt

COPY . .
# Invented values, forgotten with this step: production's settings decide how static files are named.
RUN invented() { python -c 'import secrets; print(secrets.token_urlsafe(64))'; } \
    && SECRET_KEY=$(invented) FIELD_ENCRYPTION_KEYS=$(invented) ALLOWED_HOSTS=build.example.com \
       ACCEPTED_RISKS=no-database-url,no-mail,no-public-url \
       python manage.py collectstatic --noinput --verbosity 0 \
    && useradd --system --no-create-home careops && mkdir -p var/files && chown -R careops var
USER careops

EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "scripts/healthy.py"]
CMD ["python", "manage.py", "web"]
