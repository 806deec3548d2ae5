//! Route tables: DescribeRouteTables.

use aws_sdk_ec2::types;
use directconnect_model::aws::{Part, RouteTable};

use super::pages::{PAGE, Page, pages};
use crate::aws::{ApiError, Clients, Service};

/// All route tables of the region.
pub async fn route_tables(clients: &Clients) -> Result<Part<RouteTable>, ApiError> {
    const OPERATION: &str = "DescribeRouteTables";
    pages(OPERATION, route_table, |token| async move {
        let (answer, date) = clients
            .read(Service::Ec2, OPERATION, |probe| {
                clients
                    .ec2
                    .describe_route_tables()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .interceptor(probe)
                    .send()
            })
            .await?;
        Ok(Page {
            items: answer.route_tables,
            next_token: answer.next_token,
            date,
        })
    })
    .await
}

fn route_table(t: types::RouteTable) -> RouteTable {
    RouteTable {
        route_table_id: t.route_table_id.unwrap_or_default(),
        vpc_id: t.vpc_id.unwrap_or_default(),
        propagating_vgws: t
            .propagating_vgws
            .unwrap_or_default()
            .into_iter()
            .filter_map(|g| g.gateway_id)
            .collect(),
    }
}
