//! Resources: their ARNs and their tags.

use crate::services::directconnect::arn;
use crate::world::{Tags, World};

/// Types of resources (Service Authorization Reference).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `dxlag`.
    Lag,
    /// `dxcon`.
    Connection,
    /// `dxvif`.
    VirtualInterface,
    /// `dx-gateway`.
    DirectConnectGateway,
    /// `vpn-gateway`.
    VpnGateway,
    /// `vpc`.
    Vpc,
    /// `route-table`.
    RouteTable,
    /// `subnet`.
    Subnet,
    /// `transit-gateway`.
    TransitGateway,
    /// `vpc-peering-connection`.
    Peering,
}

/// A resource of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its ARN.
    pub arn: String,
    /// Its tags as they are; none if it is not there yet.
    pub tags: Tags,
}

/// Where and whose something is, as far as the request tells.
#[derive(Debug, Clone, Copy)]
pub struct Place<'c> {
    pub account: &'c str,
    pub region: &'c str,
}

impl Kind {
    /// The kind of an EC2 id.
    pub fn of_id(id: &str) -> Option<Self> {
        Some(match id.split('-').next()? {
            "vgw" => Self::VpnGateway,
            "vpc" => Self::Vpc,
            "rtb" => Self::RouteTable,
            "subnet" => Self::Subnet,
            "tgw" => Self::TransitGateway,
            "pcx" => Self::Peering,
            _ => return None,
        })
    }

    /// The resource of an id: the owner's account and region if it is there, else the caller's.
    pub fn resource(self, world: &World, place: Place<'_>, id: &str) -> Resource {
        let Place { account, region } = place;
        let place = |found: Option<(&String, &String)>| {
            found.map_or(
                (account.to_owned(), region.to_owned()),
                |(account, region)| (account.clone(), region.clone()),
            )
        };
        match self {
            Self::Connection => {
                let found = world.connections.get(id).map(|o| (&o.account, &o.region));
                let (account, region) = place(found);
                named(world, arn::connection(&region, &account, id))
            }
            Self::VirtualInterface => {
                let found = world
                    .virtual_interfaces
                    .get(id)
                    .map(|o| (&o.account, &o.region));
                let (account, region) = place(found);
                named(world, arn::virtual_interface(&region, &account, id))
            }
            Self::DirectConnectGateway => {
                let found = world.direct_connect_gateways.get(id);
                let account = found.map_or(account, |o| o.account.as_str());
                named(world, arn::gateway(account, id))
            }
            Self::Lag => named(
                world,
                format!("arn:aws:directconnect:{region}:{account}:dxlag/{id}"),
            ),
            Self::VpnGateway
            | Self::Vpc
            | Self::RouteTable
            | Self::Subnet
            | Self::TransitGateway
            | Self::Peering => self.ec2(world, Place { account, region }, id),
        }
    }

    fn ec2(self, world: &World, place: Place<'_>, id: &str) -> Resource {
        let kind = match self {
            Self::VpnGateway => "vpn-gateway",
            Self::Vpc => "vpc",
            Self::RouteTable => "route-table",
            Self::Subnet => "subnet",
            Self::TransitGateway => "transit-gateway",
            _ => "vpc-peering-connection",
        };
        Resource {
            arn: format!("arn:aws:ec2:{}:{}:{kind}/{id}", place.region, place.account),
            tags: world.tags.get(id).cloned().unwrap_or_default(),
        }
    }
}

/// The resource of an ARN of Direct Connect, whose tags are kept by ARN.
pub fn named(world: &World, arn: String) -> Resource {
    Resource {
        tags: world.tags.get(&arn).cloned().unwrap_or_default(),
        arn,
    }
}
