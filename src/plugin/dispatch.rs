//! Finds the service of a request by its path. tonic's own router would bring a web framework
//! along.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthService;

use super::go_plugin::GoPluginServices;
use super::proto::goplugin::grpc_broker_server::GrpcBrokerServer;
use super::proto::goplugin::grpc_controller_server::GrpcControllerServer;
use super::proto::goplugin::grpc_stdio_server::GrpcStdioServer;
use super::proto::tfplugin6::provider_server::ProviderServer;
use super::service::ProviderService;

/// As much as Go's plugins take and give. The default would refuse a large configuration at 4 MiB.
const LARGEST_MESSAGE: usize = 256 * 1024 * 1024;

/// All services of the connection.
#[derive(Clone)]
pub(super) struct Dispatch {
    provider: ProviderServer<Arc<ProviderService>>,
    controller: GrpcControllerServer<GoPluginServices>,
    stdio: GrpcStdioServer<GoPluginServices>,
    broker: GrpcBrokerServer<GoPluginServices>,
    health: HealthServer<HealthService>,
}

impl Dispatch {
    pub(super) async fn new(provider: ProviderService, go_plugin: GoPluginServices) -> Self {
        // go-plugin asks for the health of "plugin"; "" is healthy from the start.
        let health = tonic_health::server::HealthReporter::new();
        health.set_service_status("plugin", tonic_health::ServingStatus::Serving).await;
        Self {
            provider: ProviderServer::new(Arc::new(provider))
                .max_decoding_message_size(LARGEST_MESSAGE)
                .max_encoding_message_size(LARGEST_MESSAGE),
            controller: GrpcControllerServer::new(go_plugin.clone()),
            stdio: GrpcStdioServer::new(go_plugin.clone()),
            broker: GrpcBrokerServer::new(go_plugin),
            health: HealthServer::new(HealthService::from_health_reporter(health)),
        }
    }
}

impl Service<http::Request<Body>> for Dispatch {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The generated services always are.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = request.uri().path().split('/').nth(1).unwrap_or_default();
        match service {
            name if name == named(&self.provider) => self.provider.call(request),
            name if name == named(&self.controller) => self.controller.call(request),
            name if name == named(&self.stdio) => self.stdio.call(request),
            name if name == named(&self.broker) => self.broker.call(request),
            name if name == named(&self.health) => self.health.call(request),
            _ => Box::pin(async {
                Ok(Status::unimplemented("the plugin has no such service").into_http())
            }),
        }
    }
}

fn named<S: NamedService>(_: &S) -> &'static str {
    S::NAME
}
