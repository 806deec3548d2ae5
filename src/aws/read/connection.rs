//! Ports: DescribeConnections and DescribeLoa.

use aws_sdk_directconnect::types::{self, LoaContentType};
use directconnect_model::aws::{Connection, Part};

use super::pages::{PAGE, Page, broken, pages};
use super::tags;
use crate::aws::{ApiError, Clients, Service};

/// All ports of the region.
pub async fn connections(clients: &Clients) -> Result<Part<Connection>, ApiError> {
    const OPERATION: &str = "DescribeConnections";
    pages(OPERATION, connection, |token| async move {
        let (answer, date) = clients
            .read(Service::DirectConnect, OPERATION, |probe| {
                clients
                    .direct_connect
                    .describe_connections()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .interceptor(probe)
                    .send()
            })
            .await?;
        Ok(Page {
            items: answer.connections,
            next_token: answer.next_token,
            date,
        })
    })
    .await
}

/// A port's letter of authorization: a PDF file. AWS notes the time of the call in `loaIssueTime`.
pub async fn loa(clients: &Clients, connection_id: &str) -> Result<Vec<u8>, ApiError> {
    const OPERATION: &str = "DescribeLoa";
    let (answer, _) = clients
        .read(Service::DirectConnect, OPERATION, |probe| {
            clients
                .direct_connect
                .describe_loa()
                .connection_id(connection_id)
                .loa_content_type(LoaContentType::Pdf)
                .customize()
                .interceptor(probe)
                .send()
        })
        .await?;
    match answer.loa_content {
        Some(content) => Ok(content.into_inner()),
        None => Err(broken(OPERATION, "the answer holds no letter")),
    }
}

fn connection(c: types::Connection) -> Connection {
    Connection {
        connection_id: c.connection_id.unwrap_or_default(),
        connection_name: c.connection_name.unwrap_or_default(),
        connection_state: c
            .connection_state
            .map(|s| s.as_str().to_owned())
            .unwrap_or_default(),
        owner_account: c.owner_account.unwrap_or_default(),
        region: c.region.unwrap_or_default(),
        location: c.location.unwrap_or_default(),
        bandwidth: c.bandwidth.unwrap_or_default(),
        provider_name: c.provider_name,
        partner_name: c.partner_name,
        lag_id: c.lag_id,
        vlan: c.vlan,
        aws_device_v2: c.aws_device_v2,
        aws_logical_device_id: c.aws_logical_device_id,
        has_logical_redundancy: c.has_logical_redundancy.map(|r| r.as_str().to_owned()),
        jumbo_frame_capable: c.jumbo_frame_capable,
        mac_sec_capable: c.mac_sec_capable,
        encryption_mode: c.encryption_mode,
        billing_mode: c.billing_mode.map(|m| m.as_str().to_owned()),
        loa_issue_time: c.loa_issue_time.map(|t| t.secs()),
        tags: tags::direct_connect(c.tags),
    }
}
