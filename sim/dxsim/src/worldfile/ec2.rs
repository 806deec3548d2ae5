//! EC2's objects of a world file.

use super::load::Error;
use super::schema::{AccountFile, PeeringFile, RouteTableFile, VpcFile};
use crate::world::{
    Peering, PeeringSide, Route, RouteOrigin, RouteTable, RouteTarget, Subnet, Tags,
    TransitGateway, Vpc, VpcAttachment, VpcAttachmentState, VpnGateway, VpnGatewayState, World,
};

/// Adds an account's VPCs and gateways.
pub fn load(world: &mut World, account: &AccountFile) -> Result<(), Error> {
    for vpc in &account.vpcs {
        add_vpc(world, account, vpc)?;
    }
    for gateway in &account.vpn_gateways {
        if let Some(vpc) = &gateway.vpc
            && world.vpcs.get(vpc).is_none()
        {
            return Err(unknown(&gateway.id, vpc));
        }
        let value = VpnGateway {
            id: gateway.id.clone(),
            account: account.id.clone(),
            region: gateway.region.clone().unwrap_or(account.region.clone()),
            amazon_side_asn: gateway.amazon_side_asn,
            state: VpnGatewayState::Available,
            attachment: gateway.vpc.clone().map(|vpc_id| VpcAttachment {
                vpc_id,
                state: VpcAttachmentState::Attached,
            }),
            ended_at: None,
        };
        let at = world.now;
        world.vpn_gateways.insert(at, &gateway.id, value);
        add_tags(world, &gateway.id, &gateway.tags);
    }
    for gateway in &account.transit_gateways {
        let value = TransitGateway {
            id: gateway.id.clone(),
            account: account.id.clone(),
            region: gateway.region.clone().unwrap_or(account.region.clone()),
            amazon_side_asn: gateway.amazon_side_asn,
            vpc_ids: gateway.vpcs.clone(),
        };
        let at = world.now;
        world.transit_gateways.insert(at, &gateway.id, value);
        add_tags(world, &gateway.id, &gateway.tags);
    }
    for peering in &account.peerings {
        add_peering(world, peering)?;
    }
    Ok(())
}

/// Tags of an object that exists at the start.
pub(super) fn add_tags(world: &mut World, resource: &str, tags: &Tags) {
    if !tags.is_empty() {
        let at = world.now;
        world.tags.insert(at, resource, tags.clone());
    }
}

fn unknown(object: &str, reference: &str) -> Error {
    Error(format!(
        "{object} refers to {reference}, which is not there"
    ))
}

fn add_vpc(world: &mut World, account: &AccountFile, file: &VpcFile) -> Result<(), Error> {
    let at = world.now;
    let region = file.region.clone().unwrap_or(account.region.clone());
    let vpc = Vpc {
        id: file.id.clone(),
        account: account.id.clone(),
        region: region.clone(),
        cidrs: file.cidrs.clone(),
    };
    world.vpcs.insert(at, &file.id, vpc);
    add_tags(world, &file.id, &file.tags);
    for subnet in &file.subnets {
        let value = Subnet {
            id: subnet.id.clone(),
            account: account.id.clone(),
            region: region.clone(),
            vpc_id: file.id.clone(),
            cidr: subnet.cidr,
            availability_zone: subnet
                .availability_zone
                .clone()
                .unwrap_or_else(|| format!("{region}a")),
            public: subnet.public,
        };
        world.subnets.insert(at, &subnet.id, value);
        add_tags(world, &subnet.id, &subnet.tags);
    }
    for table in &file.route_tables {
        add_route_table(world, account, &region, file, table)?;
    }
    if !file.route_tables.iter().any(|table| table.main) {
        let id = world.ids.hex("rtb-");
        let main = RouteTableFile {
            id,
            main: true,
            subnets: Vec::new(),
            routes: std::collections::BTreeMap::new(),
            propagating: std::collections::BTreeSet::new(),
            tags: Tags::new(),
        };
        add_route_table(world, account, &region, file, &main)?;
    }
    Ok(())
}

fn add_route_table(
    world: &mut World,
    account: &AccountFile,
    region: &str,
    vpc: &VpcFile,
    file: &RouteTableFile,
) -> Result<(), Error> {
    let at = world.now;
    let mut routes: Vec<Route> = vpc
        .cidrs
        .iter()
        .map(|cidr| Route {
            destination: *cidr,
            target: RouteTarget::Local,
            origin: RouteOrigin::CreateRouteTable,
            active: true,
        })
        .collect();
    for (destination, target) in &file.routes {
        routes.push(Route {
            destination: *destination,
            target: target_of(target).ok_or_else(|| unknown(&file.id, target))?,
            origin: RouteOrigin::CreateRoute,
            active: true,
        });
    }
    for subnet in &file.subnets {
        if world.subnets.get(subnet).is_none() {
            return Err(unknown(&file.id, subnet));
        }
    }
    let main_association_id = if file.main {
        world.ids.hex("rtbassoc-")
    } else {
        String::new()
    };
    let subnets = file
        .subnets
        .iter()
        .map(|subnet| (world.ids.hex("rtbassoc-"), subnet.clone()))
        .collect();
    let table = RouteTable {
        id: file.id.clone(),
        account: account.id.clone(),
        region: region.to_owned(),
        vpc_id: vpc.id.clone(),
        main: file.main,
        main_association_id,
        subnets,
        routes,
        propagating: file.propagating.clone(),
    };
    world.route_tables.insert(at, &file.id, table);
    add_tags(world, &file.id, &file.tags);
    Ok(())
}

/// The target that an id stands for, by its prefix.
fn target_of(id: &str) -> Option<RouteTarget> {
    let kind: fn(String) -> RouteTarget = match id.split_once('-')?.0 {
        "igw" | "vgw" => RouteTarget::Gateway,
        "nat" => RouteTarget::NatGateway,
        "pcx" => RouteTarget::Peering,
        "tgw" => RouteTarget::TransitGateway,
        "eni" => RouteTarget::NetworkInterface,
        _ => return None,
    };
    Some(kind(id.to_owned()))
}

fn add_peering(world: &mut World, file: &PeeringFile) -> Result<(), Error> {
    let side = |id: &String| {
        let vpc = world.vpcs.get(id).ok_or_else(|| unknown(&file.id, id))?;
        Ok::<_, Error>(PeeringSide {
            account: vpc.account.clone(),
            region: vpc.region.clone(),
            vpc_id: id.clone(),
        })
    };
    let peering = Peering {
        id: file.id.clone(),
        requester: side(&file.requester_vpc)?,
        accepter: side(&file.accepter_vpc)?,
        status: file.status.clone(),
    };
    let at = world.now;
    world.peerings.insert(at, &file.id, peering);
    add_tags(world, &file.id, &file.tags);
    Ok(())
}
