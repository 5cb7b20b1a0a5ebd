# One image for the web server and the workers; compose.yaml starts both.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
WORKDIR /app

COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

COPY . .
RUN useradd --system --uid 10001 careersite && install -d -o careersite /data
USER careersite
VOLUME /data
EXPOSE 8000

# The database is brought up to date and static files are collected before the server starts.
CMD ["sh", "-c", "python manage.py prepare && python manage.py collectstatic --no-input --verbosity 0 && exec python -m granian careersite.wsgi:application --interface wsgi --host 0.0.0.0 --port 8000 --workers 2 --blocking-threads 8 --respawn-failed-workers"]
