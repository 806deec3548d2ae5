//! Direct Connect's objects of a world file.

use super::ec2::add_tags;
use super::load::Error;
use super::schema::{
    AccountFile, AssociationFile, BgpPeerFile, ConnectionFile, DirectConnectGatewayFile,
    VirtualInterfaceFile,
};
use crate::services::directconnect::arn;
use crate::world::{
    Association, AssociationState, Attachment, AttachmentState, BgpPeer, BgpPeerState, Connection,
    ConnectionState, DirectConnectGateway, DirectConnectGatewayState, Event, GatewayType, Secret,
    VirtualInterface, VirtualInterfaceState, World,
};

/// Adds an account's Direct Connect objects.
pub fn load(world: &mut World, account: &AccountFile) -> Result<(), Error> {
    for connection in &account.connections {
        add_connection(world, &account.id, connection)?;
    }
    for gateway in &account.direct_connect_gateways {
        add_gateway(world, &account.id, gateway)?;
    }
    for interface in &account.virtual_interfaces {
        add_virtual_interface(world, &account.id, interface)?;
    }
    Ok(())
}

fn unknown(object: &str, reference: &str) -> Error {
    Error(format!(
        "{object} refers to {reference}, which is not there"
    ))
}

fn add_connection(world: &mut World, account: &str, file: &ConnectionFile) -> Result<(), Error> {
    let at = world.now;
    let location = world
        .locations
        .get(&file.location)
        .cloned()
        .ok_or_else(|| unknown(&file.id, &file.location))?;
    let device = match &file.device {
        Some(device) => device.clone(),
        None => world.next_device(&location),
    };
    let connection = Connection {
        id: file.id.clone(),
        account: account.to_owned(),
        region: location.region.clone(),
        name: file.name.clone(),
        location: file.location.clone(),
        bandwidth: file.bandwidth.clone(),
        state: file.state,
        logical_device: format!("{device}-1"),
        device,
        has_logical_redundancy: location.logical_redundancy.clone(),
        provider: file.provider.clone(),
        jumbo_frame_capable: file.jumbo_frame_capable,
        mac_sec_capable: false,
        encryption_mode: None,
        billing_mode: "PayAsYouGo".to_owned(),
        loa_available: file.state != ConnectionState::Requested,
        loa_issued_at: None,
        cross_connected: matches!(
            file.state,
            ConnectionState::Available | ConnectionState::Down
        ),
        cut: file.state == ConnectionState::Down,
        resetting_until: None,
        created_at: at,
        ended_at: None,
    };
    let arn = arn::connection(&connection.region, account, &file.id);
    world.connections.insert(at, &file.id, connection);
    add_tags(world, &arn, &file.tags);
    match file.state {
        ConnectionState::Requested => {
            let approval = world.settings.approval;
            world.schedule(at, approval, Event::ConnectionApproved(file.id.clone()));
        }
        ConnectionState::Pending => world.schedule_cross_connect(at, &file.id),
        ConnectionState::Available | ConnectionState::Down => {}
        state => {
            return Err(Error(format!(
                "{}: a connection cannot start as {state}",
                file.id
            )));
        }
    }
    Ok(())
}

fn add_gateway(
    world: &mut World,
    account: &str,
    file: &DirectConnectGatewayFile,
) -> Result<(), Error> {
    let at = world.now;
    let gateway = DirectConnectGateway {
        id: file.id.clone(),
        account: account.to_owned(),
        name: file.name.clone(),
        amazon_side_asn: file.amazon_side_asn,
        state: DirectConnectGatewayState::Available,
        state_change_error: None,
    };
    world.direct_connect_gateways.insert(at, &file.id, gateway);
    add_tags(world, &arn::gateway(account, &file.id), &file.tags);
    for association in &file.associations {
        add_association(world, account, file, association)?;
    }
    Ok(())
}

fn add_association(
    world: &mut World,
    account: &str,
    gateway: &DirectConnectGatewayFile,
    file: &AssociationFile,
) -> Result<(), Error> {
    let at = world.now;
    let (gateway_type, gateway_account, gateway_region) =
        if let Some(vgw) = world.vpn_gateways.get(&file.gateway_id) {
            (
                GatewayType::VirtualPrivateGateway,
                vgw.account.clone(),
                vgw.region.clone(),
            )
        } else if let Some(tgw) = world.transit_gateways.get(&file.gateway_id) {
            (
                GatewayType::TransitGateway,
                tgw.account.clone(),
                tgw.region.clone(),
            )
        } else {
            return Err(unknown(&gateway.id, &file.gateway_id));
        };
    let id = match &file.id {
        Some(id) => id.clone(),
        None => world.ids.uuid("association"),
    };
    let association = Association {
        id: id.clone(),
        account: account.to_owned(),
        direct_connect_gateway_id: gateway.id.clone(),
        gateway_id: file.gateway_id.clone(),
        gateway_type,
        gateway_account,
        gateway_region,
        allowed_prefixes: file.allowed_prefixes.clone(),
        updating_to: None,
        state: AssociationState::Associated,
        state_change_error: None,
    };
    world.associations.insert(at, id, association);
    Ok(())
}

fn add_virtual_interface(
    world: &mut World,
    account: &str,
    file: &VirtualInterfaceFile,
) -> Result<(), Error> {
    let at = world.now;
    let connection = world
        .connections
        .get(&file.connection_id)
        .cloned()
        .ok_or_else(|| unknown(&file.id, &file.connection_id))?;
    let amazon_side_asn = match (&file.virtual_gateway_id, &file.direct_connect_gateway_id) {
        (Some(id), None) => {
            let gateway = world.vpn_gateways.get(id);
            gateway
                .ok_or_else(|| unknown(&file.id, id))?
                .amazon_side_asn
        }
        (None, Some(id)) => {
            let gateway = world.direct_connect_gateways.get(id);
            gateway
                .ok_or_else(|| unknown(&file.id, id))?
                .amazon_side_asn
        }
        (None, None) => 7224,
        (Some(_), Some(_)) => return Err(Error(format!("{}: two gateways", file.id))),
    };
    if file.peers.is_empty() {
        return Err(Error(format!("{}: at least one BGP peer", file.id)));
    }
    let peers = file
        .peers
        .iter()
        .map(|peer| bgp_peer(world, &connection, peer))
        .collect();
    let interface = VirtualInterface {
        id: file.id.clone(),
        account: account.to_owned(),
        region: connection.region.clone(),
        connection_id: connection.id.clone(),
        location: connection.location.clone(),
        kind: file.kind,
        name: file.name.clone(),
        vlan: file.vlan,
        mtu: file.mtu,
        amazon_side_asn,
        virtual_gateway_id: file.virtual_gateway_id.clone(),
        direct_connect_gateway_id: file.direct_connect_gateway_id.clone(),
        site_link_enabled: false,
        route_filter_prefixes: Vec::new(),
        prefix_pool_ipv4: 100,
        prefix_pool_ipv6: 100,
        rate_limit: None,
        state: VirtualInterfaceState::Down,
        peers,
        created_at: at,
        ended_at: None,
    };
    let arn = arn::virtual_interface(&interface.region, account, &file.id);
    if let Some(gateway) = &file.direct_connect_gateway_id {
        let attachment = Attachment {
            direct_connect_gateway_id: gateway.clone(),
            virtual_interface_id: file.id.clone(),
            virtual_interface_region: interface.region.clone(),
            virtual_interface_account: account.to_owned(),
            kind: file.kind,
            state: AttachmentState::Attached,
        };
        world.attachments.insert(at, &file.id, attachment);
    }
    world.virtual_interfaces.insert(at, &file.id, interface);
    add_tags(world, &arn, &file.tags);
    Ok(())
}

fn bgp_peer(world: &mut World, connection: &Connection, file: &BgpPeerFile) -> BgpPeer {
    let id = match &file.id {
        Some(id) => id.clone(),
        None => world.ids.short("dxpeer-"),
    };
    let auth_key = match &file.auth_key {
        Some(key) => key.clone(),
        None => Secret(world.ids.token("authKey", 24)),
    };
    BgpPeer {
        id,
        asn: file.asn,
        auth_key,
        address_family: file.address_family,
        amazon_address: file.amazon_address.clone(),
        customer_address: file.customer_address.clone(),
        state: BgpPeerState::Available,
        up: false,
        since: world.now,
        logical_device: connection.logical_device.clone(),
    }
}
