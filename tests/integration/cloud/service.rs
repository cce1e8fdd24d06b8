//! The server half of google.logging.v2.LoggingServiceV2, as tonic-build 0.14 writes it with `manual::Builder` for the
//! two methods that are used, with the message types of gcloud-sdk; checked in so that no build needs a build script.
#![allow(clippy::all, missing_docs)]
/// Generated server implementations.
pub mod logging_service_v2_server {
    #![allow(unused_variables, dead_code, missing_docs, clippy::wildcard_imports, clippy::let_unit_value)]
    use tonic::codegen::*;
    /// Generated trait containing gRPC methods that should be implemented for use with LoggingServiceV2Server.
    #[async_trait]
    pub trait LoggingServiceV2: std::marker::Send + std::marker::Sync + 'static {
        async fn list_log_entries(
            &self,
            request: tonic::Request<gcloud_sdk::google::logging::v2::ListLogEntriesRequest>,
        ) -> std::result::Result<tonic::Response<gcloud_sdk::google::logging::v2::ListLogEntriesResponse>, tonic::Status>;
        /// Server streaming response type for the TailLogEntries method.
        type TailLogEntriesStream: tonic::codegen::tokio_stream::Stream<
                Item = std::result::Result<gcloud_sdk::google::logging::v2::TailLogEntriesResponse, tonic::Status>,
            > + std::marker::Send
            + 'static;
        async fn tail_log_entries(
            &self,
            request: tonic::Request<tonic::Streaming<gcloud_sdk::google::logging::v2::TailLogEntriesRequest>>,
        ) -> std::result::Result<tonic::Response<Self::TailLogEntriesStream>, tonic::Status>;
    }
    #[derive(Debug)]
    pub struct LoggingServiceV2Server<T> {
        inner: Arc<T>,
        accept_compression_encodings: EnabledCompressionEncodings,
        send_compression_encodings: EnabledCompressionEncodings,
        max_decoding_message_size: Option<usize>,
        max_encoding_message_size: Option<usize>,
    }
    impl<T> LoggingServiceV2Server<T> {
        pub fn new(inner: T) -> Self {
            Self::from_arc(Arc::new(inner))
        }
        pub fn from_arc(inner: Arc<T>) -> Self {
            Self {
                inner,
                accept_compression_encodings: Default::default(),
                send_compression_encodings: Default::default(),
                max_decoding_message_size: None,
                max_encoding_message_size: None,
            }
        }
        pub fn with_interceptor<F>(inner: T, interceptor: F) -> InterceptedService<Self, F>
        where
            F: tonic::service::Interceptor,
        {
            InterceptedService::new(Self::new(inner), interceptor)
        }
        /// Enable decompressing requests with the given encoding.
        #[must_use]
        pub fn accept_compressed(mut self, encoding: CompressionEncoding) -> Self {
            self.accept_compression_encodings.enable(encoding);
            self
        }
        /// Compress responses with the given encoding, if the client supports it.
        #[must_use]
        pub fn send_compressed(mut self, encoding: CompressionEncoding) -> Self {
            self.send_compression_encodings.enable(encoding);
            self
        }
        /// Limits the maximum size of a decoded message.
        ///
        /// Default: `4MB`
        #[must_use]
        pub fn max_decoding_message_size(mut self, limit: usize) -> Self {
            self.max_decoding_message_size = Some(limit);
            self
        }
        /// Limits the maximum size of an encoded message.
        ///
        /// Default: `usize::MAX`
        #[must_use]
        pub fn max_encoding_message_size(mut self, limit: usize) -> Self {
            self.max_encoding_message_size = Some(limit);
            self
        }
    }
    impl<T, B> tonic::codegen::Service<http::Request<B>> for LoggingServiceV2Server<T>
    where
        T: LoggingServiceV2,
        B: Body + std::marker::Send + 'static,
        B::Error: Into<StdError> + std::marker::Send + 'static,
    {
        type Response = http::Response<tonic::body::Body>;
        type Error = std::convert::Infallible;
        type Future = BoxFuture<Self::Response, Self::Error>;
        fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<std::result::Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }
        fn call(&mut self, req: http::Request<B>) -> Self::Future {
            match req.uri().path() {
                "/google.logging.v2.LoggingServiceV2/ListLogEntries" => {
                    #[allow(non_camel_case_types)]
                    struct ListLogEntriesSvc<T: LoggingServiceV2>(pub Arc<T>);
                    impl<T: LoggingServiceV2> tonic::server::UnaryService<gcloud_sdk::google::logging::v2::ListLogEntriesRequest>
                        for ListLogEntriesSvc<T>
                    {
                        type Response = gcloud_sdk::google::logging::v2::ListLogEntriesResponse;
                        type Future = BoxFuture<tonic::Response<Self::Response>, tonic::Status>;
                        fn call(
                            &mut self,
                            request: tonic::Request<gcloud_sdk::google::logging::v2::ListLogEntriesRequest>,
                        ) -> Self::Future {
                            let inner = Arc::clone(&self.0);
                            let fut = async move { <T as LoggingServiceV2>::list_log_entries(&inner, request).await };
                            Box::pin(fut)
                        }
                    }
                    let accept_compression_encodings = self.accept_compression_encodings;
                    let send_compression_encodings = self.send_compression_encodings;
                    let max_decoding_message_size = self.max_decoding_message_size;
                    let max_encoding_message_size = self.max_encoding_message_size;
                    let inner = self.inner.clone();
                    let fut = async move {
                        let method = ListLogEntriesSvc(inner);
                        let codec = tonic_prost::ProstCodec::default();
                        let mut grpc = tonic::server::Grpc::new(codec)
                            .apply_compression_config(accept_compression_encodings, send_compression_encodings)
                            .apply_max_message_size_config(max_decoding_message_size, max_encoding_message_size);
                        let res = grpc.unary(method, req).await;
                        Ok(res)
                    };
                    Box::pin(fut)
                }
                "/google.logging.v2.LoggingServiceV2/TailLogEntries" => {
                    #[allow(non_camel_case_types)]
                    struct TailLogEntriesSvc<T: LoggingServiceV2>(pub Arc<T>);
                    impl<T: LoggingServiceV2>
                        tonic::server::StreamingService<gcloud_sdk::google::logging::v2::TailLogEntriesRequest>
                        for TailLogEntriesSvc<T>
                    {
                        type Response = gcloud_sdk::google::logging::v2::TailLogEntriesResponse;
                        type ResponseStream = T::TailLogEntriesStream;
                        type Future = BoxFuture<tonic::Response<Self::ResponseStream>, tonic::Status>;
                        fn call(
                            &mut self,
                            request: tonic::Request<tonic::Streaming<gcloud_sdk::google::logging::v2::TailLogEntriesRequest>>,
                        ) -> Self::Future {
                            let inner = Arc::clone(&self.0);
                            let fut = async move { <T as LoggingServiceV2>::tail_log_entries(&inner, request).await };
                            Box::pin(fut)
                        }
                    }
                    let accept_compression_encodings = self.accept_compression_encodings;
                    let send_compression_encodings = self.send_compression_encodings;
                    let max_decoding_message_size = self.max_decoding_message_size;
                    let max_encoding_message_size = self.max_encoding_message_size;
                    let inner = self.inner.clone();
                    let fut = async move {
                        let method = TailLogEntriesSvc(inner);
                        let codec = tonic_prost::ProstCodec::default();
                        let mut grpc = tonic::server::Grpc::new(codec)
                            .apply_compression_config(accept_compression_encodings, send_compression_encodings)
                            .apply_max_message_size_config(max_decoding_message_size, max_encoding_message_size);
                        let res = grpc.streaming(method, req).await;
                        Ok(res)
                    };
                    Box::pin(fut)
                }
                _ => Box::pin(async move {
                    let mut response = http::Response::new(tonic::body::Body::default());
                    let headers = response.headers_mut();
                    headers.insert(tonic::Status::GRPC_STATUS, (tonic::Code::Unimplemented as i32).into());
                    headers.insert(http::header::CONTENT_TYPE, tonic::metadata::GRPC_CONTENT_TYPE);
                    Ok(response)
                }),
            }
        }
    }
    impl<T> Clone for LoggingServiceV2Server<T> {
        fn clone(&self) -> Self {
            let inner = self.inner.clone();
            Self {
                inner,
                accept_compression_encodings: self.accept_compression_encodings,
                send_compression_encodings: self.send_compression_encodings,
                max_decoding_message_size: self.max_decoding_message_size,
                max_encoding_message_size: self.max_encoding_message_size,
            }
        }
    }
    /// Generated gRPC service name
    pub const SERVICE_NAME: &str = "google.logging.v2.LoggingServiceV2";
    impl<T> tonic::server::NamedService for LoggingServiceV2Server<T> {
        const NAME: &'static str = SERVICE_NAME;
    }
}
