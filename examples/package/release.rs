//! The files of a release, from the bytes of the binary. The same bytes in give the same bytes out.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use anyhow::{Context, Result};
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;
use terraform_provider_aep::provider::ADDRESS;
use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipWriter};

use super::platform::Platform;

/// Where the two CLIs look for a provider whose address has no host.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// What is released.
pub struct Release<'a> {
    /// Without a `v`.
    pub version: &'a str,
    /// Whose the binary is.
    pub platform: Platform,
    /// The provider.
    pub binary: &'a [u8],
    /// What it is made of.
    pub sbom: Vec<u8>,
}

impl Release<'_> {
    /// Every file, by its path in the package. `mirror/` is laid out for `filesystem_mirror`, and
    /// has what `network_mirror` asks for besides.
    pub fn files(self) -> Result<BTreeMap<String, Vec<u8>>> {
        let path = ADDRESS.split_once('/').context("the provider's address has a host")?.1;
        let stem = format!("terraform-provider-aep_{}", self.version);
        let platform = self.platform.name;
        let zip_name = format!("{stem}_{platform}.zip");
        let zip = self.zip().context("packing the binary")?;
        let zip_sum = sha256(&zip);
        let manifest_name = format!("{stem}_manifest.json");
        let manifest = text(&json!({"version": 1, "metadata": {"protocol_versions": ["6.0"]}}));
        let sums = format!("{zip_sum}  {zip_name}\n{}  {manifest_name}\n", sha256(&manifest));
        let versions = text(&json!({"versions": {self.version: {}}}));
        let archive = json!({"url": zip_name, "hashes": [format!("zh:{zip_sum}")]});
        let archives = text(&json!({"archives": {platform: archive}}));

        let mut files = BTreeMap::new();
        for host in REGISTRIES {
            let folder = format!("mirror/{host}/{path}");
            files.insert(format!("{folder}/index.json"), versions.clone());
            files.insert(format!("{folder}/{}.json", self.version), archives.clone());
            files.insert(format!("{folder}/{zip_name}"), zip.clone());
        }
        files.insert(zip_name, zip);
        files.insert(manifest_name, manifest);
        files.insert(format!("{stem}_SHA256SUMS"), sums.into_bytes());
        files.insert(format!("{stem}_{platform}.cdx.json"), self.sbom);
        Ok(files)
    }

    fn zip(&self) -> Result<Vec<u8>> {
        let program = format!("terraform-provider-aep_v{}{}", self.version, self.platform.suffix);
        let licence = include_bytes!("../../LICENSE");
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes, mode) in
            [("LICENSE", &licence[..], 0o644), (program.as_str(), self.binary, 0o755)]
        {
            // 1980, the zip format's first day, whatever the clock says.
            let options = SimpleFileOptions::default()
                .last_modified_time(DateTime::default())
                .compression_level(Some(9))
                .unix_permissions(mode);
            zip.start_file(name, options)?;
            zip.write_all(bytes)?;
        }
        Ok(zip.finish()?.into_inner())
    }
}

fn text(value: &serde_json::Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
