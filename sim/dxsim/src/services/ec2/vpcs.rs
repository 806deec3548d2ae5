//! VPCs, subnets and peering connections: declared by the world file, only described here.

use super::describe::{Found, Kind, answer, write_tags};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::wire::query::{Params, xml::Xml};
use crate::world::{Peering, PeeringSide, Subnet, Vpc, World};
use ipnet::IpNet;

const PAGES: Option<(i64, i64)> = Some((5, 1000));

const VPC: Kind<Vpc> = Kind {
    ids: "VpcId",
    noun: "vpc",
    not_found: "InvalidVpcID.NotFound",
    filters: &[
        "cidr",
        "cidr-block-association.cidr-block",
        "ipv6-cidr-block-association.ipv6-cidr-block",
        "is-default",
        "owner-id",
        "state",
        "vpc-id",
    ],
    attribute: |_, vpc, name| match name {
        "cidr" => vpc
            .cidrs
            .first()
            .map(ToString::to_string)
            .into_iter()
            .collect(),
        "cidr-block-association.cidr-block" => family(&vpc.cidrs, true),
        "ipv6-cidr-block-association.ipv6-cidr-block" => family(&vpc.cidrs, false),
        "is-default" => vec!["false".to_owned()],
        "owner-id" => vec![vpc.account.clone()],
        "state" => vec!["available".to_owned()],
        "vpc-id" => vec![vpc.id.clone()],
        _ => Vec::new(),
    },
    visible: |ctx, vpc| vpc.account == ctx.caller.account && vpc.region == ctx.region,
    pages: PAGES,
};

const SUBNET: Kind<Subnet> = Kind {
    ids: "SubnetId",
    noun: "subnet",
    not_found: "InvalidSubnetID.NotFound",
    filters: &[
        "availability-zone",
        "cidr",
        "cidr-block",
        "cidrBlock",
        "owner-id",
        "state",
        "subnet-id",
        "vpc-id",
    ],
    attribute: |_, subnet, name| {
        vec![match name {
            "availability-zone" => subnet.availability_zone.clone(),
            "cidr" | "cidr-block" | "cidrBlock" => subnet.cidr.to_string(),
            "owner-id" => subnet.account.clone(),
            "subnet-id" => subnet.id.clone(),
            "vpc-id" => subnet.vpc_id.clone(),
            _ => "available".to_owned(),
        }]
    },
    visible: |ctx, subnet| subnet.account == ctx.caller.account && subnet.region == ctx.region,
    pages: PAGES,
};

const PEERING: Kind<Peering> = Kind {
    ids: "VpcPeeringConnectionId",
    noun: "vpcPeeringConnection",
    not_found: "InvalidVpcPeeringConnectionID.NotFound",
    filters: &[
        "accepter-vpc-info.owner-id",
        "accepter-vpc-info.vpc-id",
        "requester-vpc-info.owner-id",
        "requester-vpc-info.vpc-id",
        "status-code",
        "vpc-peering-connection-id",
    ],
    attribute: |_, peering, name| {
        vec![match name {
            "accepter-vpc-info.owner-id" => peering.accepter.account.clone(),
            "accepter-vpc-info.vpc-id" => peering.accepter.vpc_id.clone(),
            "requester-vpc-info.owner-id" => peering.requester.account.clone(),
            "requester-vpc-info.vpc-id" => peering.requester.vpc_id.clone(),
            "status-code" => peering.status.clone(),
            _ => peering.id.clone(),
        }]
    },
    visible: |ctx, peering| {
        [&peering.requester, &peering.accepter]
            .iter()
            .any(|side| side.account == ctx.caller.account && side.region == ctx.region)
    },
    pages: PAGES,
};

fn family(cidrs: &[IpNet], ipv4: bool) -> Vec<String> {
    cidrs
        .iter()
        .filter(|cidr| matches!(cidr, IpNet::V4(_)) == ipv4)
        .map(ToString::to_string)
        .collect()
}

/// DescribeVpcs.
pub(super) fn describe(ctx: &Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let write = |item: &mut Xml, Found { value, tags, .. }: &Found<Vpc>| {
        write_vpc(item, value);
        write_tags(item, tags);
    };
    answer(ctx, params, &ctx.world.vpcs, &VPC, "vpcSet", write)
}

/// DescribeSubnets.
pub(super) fn describe_subnets(ctx: &Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let write = |item: &mut Xml, Found { value, tags, .. }: &Found<Subnet>| {
        write_subnet(item, value);
        write_tags(item, tags);
    };
    answer(ctx, params, &ctx.world.subnets, &SUBNET, "subnetSet", write)
}

/// DescribeVpcPeeringConnections.
pub(super) fn describe_peerings(ctx: &Ctx<'_>, params: &Params) -> Result<String, AwsError> {
    let world: &World = ctx.world;
    let write = |item: &mut Xml, Found { value, tags, .. }: &Found<Peering>| {
        item.text("vpcPeeringConnectionId", &value.id);
        item.element("requesterVpcInfo", |side| {
            write_side(side, world, &value.requester);
        });
        item.element("accepterVpcInfo", |side| {
            write_side(side, world, &value.accepter);
        });
        item.element("status", |status| {
            status.text("code", &value.status);
            status.text("message", capitalised(&value.status));
        });
        write_tags(item, tags);
    };
    answer(
        ctx,
        params,
        &world.peerings,
        &PEERING,
        "vpcPeeringConnectionSet",
        write,
    )
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn write_vpc(xml: &mut Xml, vpc: &Vpc) {
    xml.text("vpcId", &vpc.id);
    xml.text("ownerId", &vpc.account);
    xml.text("state", "available");
    xml.maybe("cidrBlock", family(&vpc.cidrs, true).first());
    write_cidr_associations(xml, vpc);
    xml.text("dhcpOptionsId", "default");
    xml.text("instanceTenancy", "default");
    xml.text("isDefault", false);
}

fn write_cidr_associations(xml: &mut Xml, vpc: &Vpc) {
    let state = |item: &mut Xml, name: &str| {
        item.element(name, |state| state.text("state", "associated"));
    };
    let id = |index: usize| format!("vpc-cidr-assoc-{index:02x}{}", vpc.id.replace("vpc-", ""));
    let ipv4 = family(&vpc.cidrs, true).into_iter().enumerate();
    xml.list("cidrBlockAssociationSet", ipv4, |item, (index, cidr)| {
        item.text("associationId", id(index));
        item.text("cidrBlock", cidr);
        state(item, "cidrBlockState");
    });
    let ipv6 = family(&vpc.cidrs, false).into_iter().enumerate();
    xml.list(
        "ipv6CidrBlockAssociationSet",
        ipv6,
        |item, (index, cidr)| {
            item.text("associationId", id(index + 0x80));
            item.text("ipv6CidrBlock", cidr);
            state(item, "ipv6CidrBlockState");
        },
    );
}

fn write_subnet(xml: &mut Xml, subnet: &Subnet) {
    let hosts = 32_u32.saturating_sub(u32::from(subnet.cidr.prefix_len()));
    xml.text("subnetId", &subnet.id);
    xml.text(
        "subnetArn",
        format!(
            "arn:aws:ec2:{}:{}:subnet/{}",
            subnet.region, subnet.account, subnet.id
        ),
    );
    xml.text("vpcId", &subnet.vpc_id);
    xml.text("ownerId", &subnet.account);
    xml.text("state", "available");
    xml.text("cidrBlock", subnet.cidr);
    xml.text(
        "availableIpAddressCount",
        2_i64.pow(hosts.min(32)).saturating_sub(5).max(0),
    );
    xml.text("availabilityZone", &subnet.availability_zone);
    xml.text("defaultForAz", false);
    xml.text("mapPublicIpOnLaunch", subnet.public);
    xml.text("assignIpv6AddressOnCreation", false);
}

fn write_side(xml: &mut Xml, world: &World, side: &PeeringSide) {
    xml.text("ownerId", &side.account);
    xml.text("vpcId", &side.vpc_id);
    xml.text("region", &side.region);
    let cidrs = world
        .vpcs
        .get(&side.vpc_id)
        .map(|vpc| family(&vpc.cidrs, true))
        .unwrap_or_default();
    xml.maybe("cidrBlock", cidrs.first());
    xml.list("cidrBlockSet", &cidrs, |item, cidr| {
        item.text("cidrBlock", cidr);
    });
}
