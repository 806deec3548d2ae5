//! What happens to associations by itself.

use crate::world::{
    Association, AssociationState as State, Event, GatewayType, VpcAttachmentState, World,
};
use jiff::Timestamp;

/// associating → associated.
pub fn associated(world: &mut World, at: Timestamp, id: &str) {
    world.associations.update(at, id, |association| {
        if association.state == State::Associating {
            association.state = State::Associated;
        }
    });
}

/// updating → associated, with the new prefixes.
pub fn updated(world: &mut World, at: Timestamp, id: &str) {
    world.associations.update(at, id, |association| {
        if association.state != State::Updating {
            return;
        }
        association.state = State::Associated;
        if let Some(prefixes) = association.updating_to.take() {
            association.allowed_prefixes = prefixes;
        }
    });
}

/// Begins to disassociate.
pub fn disassociate(world: &mut World, at: Timestamp, id: &str) {
    world.associations.update(at, id, |association| {
        association.state = State::Disassociating;
    });
    let delay = world.settings.disassociate;
    world.schedule(at, delay, Event::AssociationDisassociated(id.to_owned()));
}

/// disassociating → gone.
pub fn disassociated(world: &mut World, at: Timestamp, id: &str) {
    world.associations.remove(at, id);
}

/// A VGW that leaves its VPC loses its association.
pub fn settle(world: &mut World, at: Timestamp) {
    let lost: Vec<String> = world
        .associations
        .iter()
        .filter(|(_, association)| {
            association.state != State::Disassociating && !grounded(world, association)
        })
        .map(|(id, _)| id.clone())
        .collect();
    for id in lost {
        disassociate(world, at, &id);
    }
}

/// Whether what an association rests on is still there.
fn grounded(world: &World, association: &Association) -> bool {
    match association.gateway_type {
        GatewayType::TransitGateway => world
            .transit_gateways
            .get(&association.gateway_id)
            .is_some(),
        GatewayType::VirtualPrivateGateway => world
            .vpn_gateways
            .get(&association.gateway_id)
            .and_then(|vgw| vgw.attachment.as_ref())
            .is_some_and(|attachment| {
                matches!(
                    attachment.state,
                    VpcAttachmentState::Attached | VpcAttachmentState::Attaching
                )
            }),
    }
}
