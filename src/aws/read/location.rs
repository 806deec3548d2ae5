//! Locations: DescribeLocations.

use aws_sdk_directconnect::types;
use directconnect_model::aws::{Location, Part};

use super::pages::{Page, pages};
use crate::aws::{ApiError, Clients, Service};

/// All locations of the region. AWS answers them at once.
pub async fn locations(clients: &Clients) -> Result<Part<Location>, ApiError> {
    const OPERATION: &str = "DescribeLocations";
    pages(OPERATION, location, |_| async move {
        let (answer, date) = clients
            .read(Service::DirectConnect, OPERATION, |probe| {
                clients
                    .direct_connect
                    .describe_locations()
                    .customize()
                    .interceptor(probe)
                    .send()
            })
            .await?;
        Ok(Page {
            items: answer.locations,
            next_token: None,
            date,
        })
    })
    .await
}

fn location(l: types::Location) -> Location {
    Location {
        location_code: l.location_code.unwrap_or_default(),
        location_name: l.location_name.unwrap_or_default(),
        region: l.region.unwrap_or_default(),
        available_port_speeds: l.available_port_speeds.unwrap_or_default(),
        available_providers: l.available_providers.unwrap_or_default(),
        available_mac_sec_port_speeds: l.available_mac_sec_port_speeds.unwrap_or_default(),
    }
}
