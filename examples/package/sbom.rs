//! What the binary is made of, in CycloneDX's form. It has no date and no serial number: the same
//! crates give the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use cyclonedx_bom::models::component::Classification;
use cyclonedx_bom::models::dependency::{Dependencies, Dependency};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::prelude::{
    Bom, Component, Components, Metadata, Purl, SpdxExpression, SpecVersion, Validate,
};

/// The arguments that make cargo write the tree that `of` reads. Only cargo knows which features
/// make which crate part of it.
pub const TREE: [&str; 10] = [
    "tree",
    "--locked",
    "--package",
    "terraform-provider-aep",
    "--edges",
    "normal,no-proc-macro",
    "--prefix",
    "depth",
    "--format",
    "{p}|{l}",
];

/// The bill of materials of a tree: `0name v1.0.0 (path)|licence`, with the depth before each name.
pub fn of(tree: &str) -> Result<Vec<u8>> {
    let mut components = BTreeMap::new();
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut path: Vec<String> = Vec::new();
    for line in tree.lines() {
        let (package, licence) = line.split_once('|').with_context(|| line.to_owned())?;
        let named = package.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let depth: usize = package[..package.len() - named.len()].parse().context("a depth")?;
        let mut words = named.split(' ');
        let name = words.next().context("a name")?;
        let version = words.next().context("a version")?.trim_start_matches('v');
        let purl = Purl::new("cargo", name, version)?;
        let id = purl.to_string();
        let kind = if depth == 0 { Classification::Application } else { Classification::Library };
        let mut component = Component::new(kind, name, version, Some(id.clone()));
        component.purl = Some(purl);
        // Cargo marks a crate whose own crates it has listed before.
        let licence = SpdxExpression::parse_lax(licence.trim_end_matches(" (*)").to_owned())?;
        component.licenses = Some(Licenses(vec![LicenseChoice::Expression(licence)]));
        path.truncate(depth);
        if let Some(parent) = path.last() {
            edges.entry(parent.clone()).or_default().insert(id.clone());
        }
        edges.entry(id.clone()).or_default();
        path.push(id.clone());
        components.insert(id, component);
    }
    let root = path.first().and_then(|root| components.remove(root));
    let dependencies = edges.into_iter().map(|(dependency_ref, on)| Dependency {
        dependency_ref,
        dependencies: on.into_iter().collect(),
    });
    let bom = Bom {
        serial_number: None,
        spec_version: SpecVersion::V1_5,
        metadata: Some(Metadata { component: root, ..Metadata::default() }),
        dependencies: Some(Dependencies(dependencies.collect())),
        components: Some(Components(components.into_values().collect())),
        ..Bom::default()
    };
    let validity = bom.validate();
    ensure!(validity.passed(), "{validity:?}");
    let mut json = Vec::new();
    bom.output_as_json_v1_5(&mut json)?;
    Ok(json)
}
