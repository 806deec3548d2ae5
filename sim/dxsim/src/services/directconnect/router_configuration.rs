//! DescribeRouterConfiguration: the text that a network engineer pastes. It holds the BGP keys.

use super::input::{read, refused};
use super::virtual_interfaces::own;
use crate::context::Ctx;
use crate::error::AwsError;
use crate::world::{BgpPeer, VirtualInterface};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// A router type that AWS has a template for.
struct Router {
    vendor: &'static str,
    platform: &'static str,
    software: &'static str,
    template: &'static str,
    mac_sec_template: Option<&'static str>,
    id: &'static str,
}

const CISCO: &str = "customer-router-cisco-generic.xslt";
const NEXUS: &str = "customer-switch-cisco-nexus-generic.xslt";
const JUNIPER: &str = "customer-router-juniper-generic.xslt";

macro_rules! router {
    ($vendor:literal, $platform:literal, $software:literal, $template:expr, $mac_sec:expr, $id:literal) => {
        Router {
            vendor: $vendor,
            platform: $platform,
            software: $software,
            template: $template,
            mac_sec_template: $mac_sec,
            id: $id,
        }
    };
}

/// The known types; the first is the default (assumed).
const ROUTERS: [Router; 9] = [
    router!(
        "Cisco Systems, Inc.",
        "2900 Series Routers",
        "IOS 12.4+",
        CISCO,
        None,
        "CiscoSystemsInc-2900SeriesRouters-IOS124"
    ),
    router!(
        "Cisco Systems, Inc.",
        "3700 Series Routers",
        "IOS 12.4+",
        CISCO,
        None,
        "CiscoSystemsInc-3700SeriesRouters-IOS124"
    ),
    router!(
        "Cisco Systems, Inc.",
        "7200 Series Routers",
        "IOS 12.4+",
        CISCO,
        None,
        "CiscoSystemsInc-7200SeriesRouters-IOS124"
    ),
    router!(
        "Cisco Systems, Inc.",
        "Nexus 7000 Series Switches",
        "NX-OS 5.1+",
        NEXUS,
        None,
        "CiscoSystemsInc-Nexus7000SeriesSwitches-NXOS51"
    ),
    router!(
        "Cisco Systems, Inc.",
        "Nexus 9K+ Series Switches",
        "NX-OS 9.3+",
        NEXUS,
        Some("customer-switch-cisco-nexus-generic-macsec.xslt"),
        "CiscoSystemsInc-Nexus9KSeriesSwitches-NXOS93"
    ),
    router!(
        "Juniper Networks, Inc.",
        "M/MX Series Routers",
        "JunOS 9.5+",
        JUNIPER,
        Some("customer-router-juniper-generic-macsec.xslt"),
        "JuniperNetworksInc-MMXSeriesRouters-JunOS95"
    ),
    router!(
        "Juniper Networks, Inc.",
        "SRX Series Routers",
        "JunOS 9.5+",
        JUNIPER,
        None,
        "JuniperNetworksInc-SRXSeriesRouters-JunOS95"
    ),
    router!(
        "Juniper Networks, Inc.",
        "T Series Routers",
        "JunOS 9.5+",
        JUNIPER,
        None,
        "JuniperNetworksInc-TSeriesRouters-JunOS95"
    ),
    router!(
        "Palo Alto Networks",
        "PA-3000 and PA-5000 series",
        "PANOS 8.0.3+",
        "customer-router-palo-alto-generic.xslt",
        None,
        "PaloAltoNetworks-PA3000and5000series-PANOS803"
    ),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    virtual_interface_id: String,
    router_type_identifier: Option<String>,
}

/// DescribeRouterConfiguration.
pub fn describe(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Describe = read(input)?;
    let id = input.virtual_interface_id;
    let interface = own(ctx, &id)?;
    let router = match &input.router_type_identifier {
        None => &ROUTERS[0],
        Some(wanted) => ROUTERS
            .iter()
            .find(|router| router.id == wanted)
            .ok_or_else(|| refused(format!("Router type {wanted} is invalid")))?,
    };
    let text = if router.template == JUNIPER {
        junos(interface)
    } else {
        ios(interface, router)
    };
    let mut described = json!({
        "vendor": router.vendor,
        "platform": router.platform,
        "software": router.software,
        "xsltTemplateName": router.template,
        "routerTypeIdentifier": router.id,
    });
    if let Some(template) = router.mac_sec_template {
        described["xsltTemplateNameForMacSec"] = json!(template);
    }
    let answer = json!({
        "customerRouterConfig": text,
        "router": described,
        "virtualInterfaceId": id,
        "virtualInterfaceName": interface.name,
    });
    ctx.touch(id);
    Ok(answer)
}

fn address(peer: &BgpPeer) -> &str {
    peer.amazon_address
        .split_once('/')
        .map_or(peer.amazon_address.as_str(), |(address, _)| address)
}

/// Configuration in the manner of IOS.
fn ios(interface: &VirtualInterface, router: &Router) -> String {
    let mut text = format!(
        "! Amazon Web Services Direct Connect (simulated)\n! {} {} {}\n! Virtual interface {} ({})\ninterface GigabitEthernet0/1.{vlan}\n encapsulation dot1Q {vlan}\n mtu {}\n",
        router.vendor,
        router.platform,
        router.software,
        interface.id,
        interface.name,
        interface.mtu,
        vlan = interface.vlan,
    );
    for peer in &interface.peers {
        let _ = writeln!(text, " ip address {}", peer.customer_address);
    }
    for peer in &interface.peers {
        let _ = write!(
            text,
            "router bgp {}\n neighbor {at} remote-as {}\n neighbor {at} password {}\n neighbor {at} activate\n",
            peer.asn,
            interface.amazon_side_asn,
            peer.auth_key.0,
            at = address(peer),
        );
    }
    text
}

/// Configuration in the manner of JunOS.
fn junos(interface: &VirtualInterface) -> String {
    let mut text = format!(
        "# Amazon Web Services Direct Connect (simulated)\n# Virtual interface {} ({})\n",
        interface.id, interface.name
    );
    let unit = format!(
        "set interfaces ge-0/0/1 unit {0} vlan-id {0}",
        interface.vlan
    );
    let _ = writeln!(text, "{unit}");
    for peer in &interface.peers {
        let _ = write!(
            text,
            "set interfaces ge-0/0/1 unit {} family inet address {}\nset routing-options autonomous-system {}\nset protocols bgp group aws neighbor {at} peer-as {}\nset protocols bgp group aws neighbor {at} authentication-key \"{}\"\n",
            interface.vlan,
            peer.customer_address,
            peer.asn,
            interface.amazon_side_asn,
            peer.auth_key.0,
            at = address(peer),
        );
    }
    text
}

/// The interface's own `customerRouterConfig`: an XML document (layout assumed).
pub fn document(interface: &VirtualInterface) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<logical_connection id=\"{}\">\n  <vlan>{}</vlan>\n",
        interface.id, interface.vlan
    );
    for peer in &interface.peers {
        let _ = write!(
            text,
            "  <customer_address>{}</customer_address>\n  <amazon_address>{}</amazon_address>\n  <bgp_asn>{}</bgp_asn>\n  <bgp_auth_key>{}</bgp_auth_key>\n  <amazon_bgp_asn>{}</amazon_bgp_asn>\n",
            peer.customer_address,
            peer.amazon_address,
            peer.asn,
            quick_xml::escape::escape(peer.auth_key.0.as_str()),
            interface.amazon_side_asn
        );
    }
    let _ = write!(
        text,
        "  <connection_type>{}</connection_type>\n</logical_connection>\n",
        interface.kind
    );
    text
}
