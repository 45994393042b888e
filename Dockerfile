# The gateway, its command line and the simulator, in one image that runs as nobody in particular on a read-only disk.
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS files
WORKDIR /app
COPY package.json package-lock.json ./
# Node runs the TypeScript of src, and refuses that of packages: theirs, and maps, are for editors.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --no-update-notifier \
 && find node_modules -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' \) -delete
COPY docker ./docker
COPY src ./src
# Whatever the modes of the checkout were.
RUN chmod -R a+rX,go-w package.json docker src && chmod a+x src/cli/main.ts

FROM ${NODE_IMAGE} AS app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATABASE_PATH=/data/mulegate.db
WORKDIR /app
# A new volume takes its owner from these folders: of the embedded ledger, and of what make-passwords.ts makes.
RUN install -d -o node -g node /data /run/mulegate /run/redis \
 && ln -s /app/src/cli/main.ts /usr/local/bin/mulegate
COPY --from=files /app/node_modules ./node_modules
COPY --from=files /app/package.json ./
COPY --from=files /app/docker ./docker
COPY --from=files /app/src ./src
USER node

# V8's compiled code of a gateway that was up once; it is found again by the same user, the same Node and the same paths.
FROM app AS compiled
ENV NODE_COMPILE_CACHE=/tmp/compile-cache
RUN export MULEROUTER_API_KEY=not-a-token ADMIN_TOKEN=not-a-token-either DATABASE_PATH=/tmp/ledger.db \
 && { node src/main.ts & gateway=$!; } \
 && tries=0; until node docker/healthcheck.ts 2>/dev/null; do tries=$((tries + 1)); [ "$tries" -lt 150 ] || exit 1; sleep 0.2; done \
 && mulegate team list && kill "$gateway" && wait "$gateway" \
 # Written for its writer alone; the owner in the image is root.
 && chmod -R a+rX "$NODE_COMPILE_CACHE"

FROM app
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="mulegate" \
      org.opencontainers.image.description="A self-hosted gateway that gives a company's teams keys and exact budgets for MuleRouter's video-generation API" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/node:26-bookworm-slim"
ENV NODE_COMPILE_CACHE=/app/.compile-cache
COPY --from=compiled --chown=root:root /tmp/compile-cache ./.compile-cache
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --retries=3 --start-period=60s --start-interval=500ms CMD ["node", "docker/healthcheck.ts"]
CMD ["node", "src/main.ts"]
