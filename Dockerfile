# The minor version, so that a rebuild has the fixes of Go's newest patch release.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The same flags as `make build`. Static, so that the image below needs neither a C library nor a shell.
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /bot ./cmd/bot

# Holds CA certificates, time zones and a user without rights (65532), and no shell to come back to.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /bot /bot

# Mount the catalog here, read-only. Tokens and REDIS_URL come from the orchestrator's secrets at run time.
ENV SLIPWAY_CATALOG=/etc/slipway/catalog

# Health and metrics. Loopback is the default elsewhere; in a container the prober is outside. There is no
# HEALTHCHECK because nothing in the image could run it: let the orchestrator GET /healthz on this port.
ENV SLIPWAY_LISTEN=0.0.0.0:8081
EXPOSE 8081

ENTRYPOINT ["/bot"]
CMD ["run"]
