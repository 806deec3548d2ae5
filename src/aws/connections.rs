//! Connections to AWS: kept for reads, one of its own for each create.

use std::time::Duration;

use aws_smithy_http_client::{Builder, Connector, tls};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, http_client_fn};
use aws_smithy_runtime_api::shared::IntoShared;

/// One client that keeps connections, for reads and what may be repeated; and one for creates, that opens a connection for each: a
/// connection that AWS closes as it is written to cannot leave open whether an order was taken.
pub fn clients() -> (SharedHttpClient, SharedHttpClient) {
    let provider = || tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    let pooled = Builder::new().tls_provider(provider()).build_https();
    let unpooled = http_client_fn(move |settings, _components| {
        Connector::builder()
            .connector_settings(settings.clone())
            .pool_max_idle_per_host(0)
            .pool_idle_timeout(Some(Duration::from_millis(1)))
            .tls_provider(provider())
            .build()
            .into_shared()
    });
    (pooled.into_shared(), SharedHttpClient::new(unpooled))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::{Arc, Mutex, PoisonError};

    use aws_sdk_directconnect::Client;
    use aws_sdk_directconnect::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_types::retry::RetryConfig;

    use super::*;

    /// Requests that arrived, one number for each connection.
    type Arrived = Arc<Mutex<Vec<usize>>>;

    fn note(arrived: &Arrived, connection: usize) -> usize {
        let mut all = arrived.lock().unwrap_or_else(PoisonError::into_inner);
        while all.len() <= connection {
            all.push(0);
        }
        all[connection] += 1;
        all[connection]
    }

    /// Answers the first request of a connection and says that it keeps it; closes it once the next one is written.
    fn serve(stream: &TcpStream, connection: usize, arrived: &Arrived) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                let line = line.trim().to_ascii_lowercase();
                if line.is_empty() {
                    break;
                }
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or_default();
                }
            }
            reader.read_exact(&mut vec![0; length])?;
            if note(arrived, connection) > 1 {
                return Ok(());
            }
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n{}";
            let mut out = stream;
            out.write_all(answer.as_bytes())?;
        }
    }

    async fn two_creates(http: SharedHttpClient) -> (usize, Vec<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let arrived = Arrived::default();
        let seen = Arc::clone(&arrived);
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || serve(&stream, number, &seen));
            }
        });
        let config = aws_sdk_directconnect::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(format!("http://{address}"))
            .credentials_provider(Credentials::new("AKIA", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(http)
            .build();
        let client = Client::from_conf(config);
        let mut taken = 0;
        for _ in 0..2 {
            let order = client.create_connection().connection_name("port");
            let order = order.location("EqDC2").bandwidth("1Gbps");
            taken += usize::from(order.send().await.is_ok());
        }
        let arrived = arrived.lock().unwrap_or_else(PoisonError::into_inner);
        (taken, arrived.clone())
    }

    #[tokio::test]
    async fn a_create_has_a_connection_of_its_own() {
        let (pooled, unpooled) = clients();
        assert_eq!(two_creates(unpooled).await, (2, vec![1, 1]));
        // What it is good for: the second order is written to a connection that closes, and nobody knows what became of it.
        let (taken, arrived) = two_creates(pooled).await;
        assert_eq!((taken, arrived[0]), (1, 2));
    }
}
