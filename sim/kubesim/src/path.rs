//! What a path of the API names: group, version, namespace, resource, object, subresource.

/// The parts of a path that names a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Path<'a> {
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) resource: &'a str,
    /// Empty for a collection.
    pub(crate) name: &'a str,
    /// Empty for the main resource.
    pub(crate) subresource: &'a str,
}

impl<'a> Path<'a> {
    /// Takes a path apart; none if it names no resource.
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let group = match segments.next()? {
            "api" => "",
            "apis" => segments.next()?,
            _ => return None,
        };
        let version = segments.next()?;
        let mut parts = [""; 5];
        let mut count = 0;
        for segment in segments {
            *parts.get_mut(count)? = segment;
            count += 1;
        }
        let (namespace, rest) = match parts[..count] {
            ["namespaces", _, "status" | "finalize"] => (None, &parts[..count]),
            ["namespaces", namespace, _, ..] => (Some(namespace), &parts[2..count]),
            _ => (None, &parts[..count]),
        };
        let (resource, name, subresource) = match *rest {
            [resource] => (resource, "", ""),
            [resource, name] => (resource, name, ""),
            [resource, name, subresource] => (resource, name, subresource),
            _ => return None,
        };
        Some(Self {
            group,
            version,
            namespace,
            resource,
            name,
            subresource,
        })
    }

    /// True if the group is one of a CustomResourceDefinition's.
    pub(crate) fn custom(&self) -> bool {
        self.group.contains('.') && !self.group.ends_with(".k8s.io")
    }
}
