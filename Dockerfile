# goatherd and Bucardo in one image: the controller starts Bucardo's daemons, so they live where it lives.
#   docker build -t goatherd .
#   docker run -v ./goatherd.yaml:/etc/goatherd/goatherd.yaml:ro -v ./topologies:/etc/goatherd/topologies:ro goatherd
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY schemas schemas
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
# psql loads Bucardo's schema. tini reaps the daemons, which leave their parent. git and ssh are for `source: {git: …}`.
RUN apt-get update \
  && apt-get install -y --no-install-recommends bucardo ca-certificates git openssh-client postgresql-client procps tini \
  && rm -rf /var/lib/apt/lists/*
# A number, so that an orchestrator can see that it is not root.
RUN useradd --uid 10001 --user-group --create-home --home-dir /var/lib/goatherd --shell /usr/sbin/nologin goatherd \
  && install -d -o goatherd -g goatherd -m 0750 /var/log/bucardo /var/run/bucardo /etc/goatherd /etc/goatherd/topologies
WORKDIR /opt/goatherd
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/schemas schemas
COPY --from=build /build/dist dist
RUN ln -s /opt/goatherd/dist/main.js /usr/local/bin/goatherd && goatherd --version
USER 10001:10001
WORKDIR /var/lib/goatherd
VOLUME ["/var/log/bucardo"]
EXPOSE 9187
# /livez answers on the loopback address without a token, whatever `listen` says.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9187/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "goatherd"]
CMD ["controller", "/etc/goatherd/topologies"]
