# The operator's image. Its content is made by deploy/image/assemble.sh, which is tested without a container engine.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin directconnect-operator \
 && deploy/image/assemble.sh target/release/directconnect-operator /image

FROM scratch
COPY --from=build /image /
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/bin/directconnect-operator"]
