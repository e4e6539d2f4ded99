//! What the plugin says it offers.

use std::collections::BTreeMap;

use tf_provider_host::proto::tfplugin6 as pb;
use tf_provider_host::proto::tfplugin6::schema::{nested_block, object};

use super::Toy;

#[tokio::test]
async fn names_are_told_wherever_a_tool_may_look() {
    let toy = Toy::start().await;
    let schemas = toy.get_provider_schema(pb::get_provider_schema::Request {}).await;
    assert_eq!(toy.get_provider_schema(pb::get_provider_schema::Request {}).await, schemas);
    assert_eq!(schemas.diagnostics, []);
    assert!(schemas.provider.is_some());
    assert_eq!(schemas.provider_meta, None, "declared, it would be sent with every request");
    let capabilities = pb::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: false,
    };
    assert_eq!(schemas.server_capabilities, Some(capabilities));

    let metadata = toy.get_metadata(pb::get_metadata::Request {}).await;
    assert_eq!(metadata.server_capabilities, Some(capabilities));
    let resources: Vec<_> = metadata.resources.iter().map(|of| &of.type_name).collect();
    assert_eq!(resources, schemas.resource_schemas.keys().collect::<Vec<_>>());
    assert_eq!(resources, ["toy_puppet", "toy_thing"]);
    let data_sources: Vec<_> = metadata.data_sources.iter().map(|of| &of.type_name).collect();
    assert_eq!(data_sources, schemas.data_source_schemas.keys().collect::<Vec<_>>());
    assert_eq!(data_sources, ["toy_lookup"]);
    let functions: Vec<_> = metadata.functions.iter().map(|function| &function.name).collect();
    assert_eq!(functions, ["join", "nothing"]);
    let signatures = toy.get_functions(pb::get_functions::Request {}).await.functions;
    assert_eq!(signatures, schemas.functions);
    let join = &signatures["join"];
    assert_eq!((join.parameters.len(), join.summary.as_str()), (1, "Joins texts"));
    assert!(join.variadic_parameter.as_ref().unwrap().allow_null_value);
    assert_eq!(join.r#return.as_ref().unwrap().r#type, br#""string""#);
}

#[tokio::test]
async fn a_schema_has_types_nested_types_and_blocks_that_say_how_many() {
    let toy = Toy::start().await;
    let schemas = toy.get_provider_schema(pb::get_provider_schema::Request {}).await;
    let thing = &schemas.resource_schemas["toy_thing"];
    assert_eq!(thing.version, 2);
    let block = thing.block.as_ref().unwrap();
    let attributes: BTreeMap<_, _> =
        block.attributes.iter().map(|attribute| (attribute.name.as_str(), attribute)).collect();
    let (required, optional, computed) =
        ((true, false, false), (false, true, false), (false, false, true));
    for (name, ty, constraint) in [
        ("id", r#""string""#, computed),
        ("name", r#""string""#, required),
        ("count_of", r#""number""#, optional),
        ("extra", r#""dynamic""#, optional),
        ("tags", r#"["set","string"]"#, optional),
        ("labels", r#"["map","string"]"#, optional),
    ] {
        let of = attributes[name];
        assert_eq!(String::from_utf8_lossy(&of.r#type), ty, "{name}");
        assert_eq!(of.nested_type, None, "{name}");
        assert_eq!((of.required, of.optional, of.computed), constraint, "{name}");
        assert_eq!(of.description, "", "no placeholder");
    }
    use object::NestingMode;
    for (name, nesting) in [("settings", NestingMode::Single), ("rules", NestingMode::List)] {
        assert!(attributes[name].r#type.is_empty(), "{name}");
        assert_eq!(attributes[name].nested_type.as_ref().unwrap().nesting(), nesting, "{name}");
    }
    assert!(attributes["secret"].sensitive && !attributes["name"].sensitive);

    use nested_block::NestingMode::{List, Set, Single};
    let of = |block: &pb::schema::NestedBlock| {
        (block.type_name.clone(), block.nesting(), block.min_items, block.max_items)
    };
    assert_eq!(
        block.block_types.iter().map(of).collect::<Vec<_>>(),
        [
            ("disk".into(), List, 0, 0),
            ("limits".into(), Single, 0, 0),
            ("network".into(), Set, 0, 0),
            ("owner".into(), List, 0, 1),
        ]
    );
}

#[tokio::test]
async fn what_is_not_offered_is_unimplemented() {
    use pb::get_metadata::{Request, Response};
    let toy = Toy::start().await;
    let channel = toy.plugin.channel().await;
    for path in [
        "/tfplugin6.Provider/OpenEphemeralResource",
        "/tfplugin6.Provider/ListResource",
        "/tfplugin6.Provider/GenerateResourceConfig",
        "/tfplugin5.Provider/GetSchema",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/",
    ] {
        let mut grpc = tonic::client::Grpc::new(channel.clone());
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<Request, Response>::default();
        let request = tonic::Request::new(Request {});
        let status = grpc.unary(request, path.parse().unwrap(), codec).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unimplemented, "{path}");
    }
}

#[tokio::test]
async fn health_is_told_by_name() {
    use tonic_health::pb::health_check_response::ServingStatus::Serving;
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    let toy = Toy::start().await;
    let health = HealthClient::new(toy.plugin.channel().await);
    let check = async |service: &str| {
        let request = HealthCheckRequest { service: service.to_owned() };
        let checked = health.clone().check(request).await;
        checked.map(|response| response.into_inner().status()).map_err(|status| status.code())
    };
    assert_eq!(check("plugin").await, Ok(Serving));
    assert_eq!(check("").await, Ok(Serving));
    assert_eq!(check("other").await, Err(tonic::Code::NotFound));
}
