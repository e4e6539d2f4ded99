//! go-plugin's own services, next to the provider's.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_stream::Stream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Request, Response, Status, Streaming};

use super::proto::goplugin as pb;

/// The three services: what they have in common is the end of the process.
#[derive(Clone)]
pub(super) struct GoPluginServices {
    /// Cancelled by the client's Shutdown. In debug mode it is not the client's to end the
    /// process.
    pub(super) shutdown: Option<CancellationToken>,
    /// Cancelled when the connections are to close, for whatever reason.
    pub(super) closing: CancellationToken,
}

/// A stream without items that is open until the process ends. Open streams keep Go's client from
/// closing a connection it thinks idle.
pub(super) struct IdleStream<T> {
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    _item: std::marker::PhantomData<fn() -> T>,
}

impl<T> IdleStream<T> {
    fn until(closing: &CancellationToken) -> Response<Self> {
        Response::new(Self {
            closing: Box::pin(closing.clone().cancelled_owned()),
            _item: std::marker::PhantomData,
        })
    }
}

impl<T> Stream for IdleStream<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.closing.as_mut().poll(context).map(|()| None)
    }
}

#[tonic::async_trait]
impl pb::grpc_controller_server::GrpcController for GoPluginServices {
    async fn shutdown(&self, _: Request<pb::Empty>) -> Result<Response<pb::Empty>, Status> {
        if let Some(shutdown) = &self.shutdown {
            shutdown.cancel();
        }
        Ok(Response::new(pb::Empty {}))
    }
}

#[tonic::async_trait]
impl pb::grpc_stdio_server::GrpcStdio for GoPluginServices {
    type StreamStdioStream = IdleStream<pb::StdioData>;

    async fn stream_stdio(
        &self,
        _: Request<pb::Empty>,
    ) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(IdleStream::until(&self.closing))
    }
}

#[tonic::async_trait]
impl pb::grpc_broker_server::GrpcBroker for GoPluginServices {
    type StartStreamStream = IdleStream<pb::ConnInfo>;

    async fn start_stream(
        &self,
        _: Request<Streaming<pb::ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        Ok(IdleStream::until(&self.closing))
    }
}
