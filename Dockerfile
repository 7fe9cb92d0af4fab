# Watchbook as a plain user, on the sample estate made inside the volume.
#   docker build -t watchbook . && docker run -p 127.0.0.1:8501:8501 -v watchbook:/data watchbook
# Beyond loopback the dashboard asks for a token: the container prints it at start, or takes it from WATCHBOOK_TOKEN.
FROM python:3.11-slim
RUN useradd --create-home --uid 10001 watchbook && mkdir /data && chown watchbook /data
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY .streamlit .streamlit
COPY dashboard dashboard
COPY workbooks workbooks
COPY sample_data sample_data
RUN pip install --no-cache-dir --no-deps .
USER watchbook
ENV WATCHBOOK_HOME=/data
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --start-period=30s CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/healthz', timeout=5)"
CMD ["watchbook", "serve", "--host", "0.0.0.0", "--port", "8501"]
