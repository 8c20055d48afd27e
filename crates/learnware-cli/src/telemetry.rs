//! What a server or worker tells while it runs: a log on standard error, and with the feature `otel` spans to a collector
//! (OpenTelemetry, OTLP over HTTP).

use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt};

use crate::cli::LogForm;

/// Lives as long as something is told.
#[derive(Debug)]
pub(crate) struct Telemetry(Option<spans::Spans>);

impl Telemetry {
    /// Begins the log. `LEARNWARE_LOG` chooses how much of it, such as `warn` or `learnware_server=debug`. Spans go to
    /// `collector`, where one is named.
    ///
    /// # Errors
    /// When spans can't be sent to such an address.
    pub(crate) fn begin(form: LogForm, collector: Option<&str>) -> anyhow::Result<Self> {
        let spans = collector.map(spans::Spans::begin).transpose()?;
        let filter = EnvFilter::try_from_env("LEARNWARE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
        let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
        let lines = match form {
            LogForm::Text => lines.with_ansi(false).boxed(),
            LogForm::Json => lines.json().flatten_event(true).boxed(),
        };
        // Spans are for the collector; a line says by itself what it is about.
        let lines = lines.with_filter(filter.and(filter_fn(is_line)));
        let layer = spans.as_ref().map(spans::Spans::layer);
        // Somebody else began one already only in tests.
        Registry::default().with(lines).with(layer).try_init().ok();
        Ok(Self(spans))
    }

    /// Sends what was not sent yet, but not for long.
    pub(crate) fn end(self) {
        if let Some(spans) = self.0 {
            spans.end();
        }
    }
}

fn is_line(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.is_event()
}

#[cfg(feature = "otel")]
mod spans {
    use std::time::Duration;

    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::propagation::TraceContextPropagator;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing::Subscriber;
    use tracing_subscriber::Layer;
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::registry::LookupSpan;

    use crate::error::advised;

    /// Where OTLP takes spans, after the collector's address.
    const TRACES: &str = "/v1/traces";
    /// How long the collector may take, at the end too.
    const PATIENCE: Duration = Duration::from_secs(5);
    /// What we are called there.
    const SERVICE: &str = "learnware-dock";

    /// Spans on their way.
    #[derive(Debug)]
    pub(super) struct Spans(SdkTracerProvider);

    impl Spans {
        pub(super) fn begin(collector: &str) -> anyhow::Result<Self> {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let exporter = SpanExporter::builder()
                .with_http()
                .with_endpoint(format!("{}{TRACES}", collector.trim_end_matches('/')))
                .with_timeout(PATIENCE)
                .build()
                .map_err(|error| {
                    advised(
                        format!("spans can't be sent to {collector}: {error}"),
                        "give LEARNWARE_OTLP the address of a collector's HTTP port, such as http://127.0.0.1:4318",
                    )
                })?;
            let resource = Resource::builder().with_service_name(SERVICE).build();
            let provider =
                SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
            opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
            Ok(Self(provider))
        }

        pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
        where
            S: Subscriber + for<'span> LookupSpan<'span>,
        {
            let ours = |metadata: &tracing::Metadata<'_>| metadata.target().starts_with("learnware");
            let tracer = self.0.tracer(SERVICE);
            tracing_opentelemetry::layer().with_tracer(tracer).with_filter(filter_fn(ours))
        }

        pub(super) fn end(self) {
            // A collector that is not there keeps nobody from ending.
            self.0.shutdown_with_timeout(PATIENCE).ok();
        }
    }
}

#[cfg(not(feature = "otel"))]
mod spans {
    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::Identity;

    use crate::error::advised;

    /// There are none in a program built without the feature `otel`.
    #[derive(Debug)]
    pub(super) struct Spans(std::convert::Infallible);

    impl Spans {
        pub(super) fn begin(_collector: &str) -> anyhow::Result<Self> {
            Err(advised("this program was built without OpenTelemetry", "unset LEARNWARE_OTLP"))
        }

        pub(super) fn layer(&self) -> Identity {
            match self.0 {}
        }

        pub(super) fn end(self) {
            match self.0 {}
        }
    }
}
