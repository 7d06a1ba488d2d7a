# Build with the compiler, run without it, as a user without rights.
FROM node:20-bookworm-slim AS source
WORKDIR /app
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY src src
COPY schema schema
COPY migrations migrations
COPY bench bench
COPY rules rules
RUN npm ci

# All tests; see docker-compose.yml.
FROM source AS test
COPY . .
CMD ["npm", "test"]

FROM source AS build
RUN npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0
COPY --from=build --chown=node:node /app /app
RUN mkdir /app/data && chown node:node /app/data
USER node
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=6 \
  CMD node -e "fetch('http://127.0.0.1:3000/health/ready').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
CMD ["node", "bin/tripline", "serve"]
