//! The CustomResourceDefinitions as the API server shall have them, all kinds.

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;

use super::{
    AwsAccount, Connection, DirectConnectGateway, DirectConnectGatewayAssociation,
    VirtualInterface, VirtualPrivateGateway,
};

/// Every CRD of the group, sorted by kind.
///
/// No field is `nullable`: the API server then drops a null before it judges, so that null and
/// unset are one thing for the rules, which ask `has(…)`, as they are for the operator.
/// `metadata.name` is declared, because a rule's `fieldPath` may name declared fields only.
pub fn crds() -> Vec<CustomResourceDefinition> {
    let mut crds = vec![
        AwsAccount::crd(),
        Connection::crd(),
        DirectConnectGateway::crd(),
        DirectConnectGatewayAssociation::crd(),
        VirtualInterface::crd(),
        VirtualPrivateGateway::crd(),
    ];
    for version in crds.iter_mut().flat_map(|crd| &mut crd.spec.versions) {
        if let Some(schema) = version
            .schema
            .as_mut()
            .and_then(|validation| validation.open_api_v3_schema.as_mut())
        {
            forbid_null(schema);
            declare_name(schema);
        }
    }
    crds
}

fn declare_name(root: &mut JSONSchemaProps) {
    let name = JSONSchemaProps {
        description: Some(
            "Name of the object, 63 characters at most: it is part of identities at AWS."
                .to_owned(),
        ),
        type_: Some("string".to_owned()),
        max_length: Some(253),
        ..JSONSchemaProps::default()
    };
    let metadata = JSONSchemaProps {
        type_: Some("object".to_owned()),
        properties: Some(BTreeMap::from([("name".to_owned(), name)])),
        ..JSONSchemaProps::default()
    };
    root.properties
        .get_or_insert_default()
        .insert("metadata".to_owned(), metadata);
}

fn forbid_null(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    for property in schema
        .properties
        .iter_mut()
        .flat_map(|properties| properties.values_mut())
    {
        forbid_null(property);
    }
    match schema.items.as_mut() {
        Some(JSONSchemaPropsOrArray::Schema(item)) => forbid_null(item),
        Some(JSONSchemaPropsOrArray::Schemas(items)) => items.iter_mut().for_each(forbid_null),
        None => {}
    }
    if let Some(JSONSchemaPropsOrBool::Schema(value)) = schema.additional_properties.as_mut() {
        forbid_null(value);
    }
}
