// Flagger's controller, put together as its own cmd/flagger does it but for the election of a leader, which is one replica's
// here, and on a newer client of Kubernetes. The one that this version was released with drops the fields of a pod that are
// younger than Kubernetes 1.27 when it copies a Deployment, and a preStop hook with `sleep` is then none: no primary. Later
// versions of Flagger have a newer client as well (fluxcd/flagger#1723), and this is the last one that Go's proxy of modules has.
package main

import (
	"flag"
	"log"
	"strings"
	"time"

	"go.uber.org/zap"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/fluxcd/flagger/pkg/canary"
	clientset "github.com/fluxcd/flagger/pkg/client/clientset/versioned"
	informers "github.com/fluxcd/flagger/pkg/client/informers/externalversions"
	"github.com/fluxcd/flagger/pkg/controller"
	"github.com/fluxcd/flagger/pkg/logger"
	"github.com/fluxcd/flagger/pkg/metrics/observers"
	"github.com/fluxcd/flagger/pkg/notifier"
	"github.com/fluxcd/flagger/pkg/router"
	"github.com/fluxcd/flagger/pkg/server"
	"github.com/fluxcd/flagger/pkg/signals"
	"github.com/fluxcd/flagger/pkg/version"
)

func main() {
	// Names and defaults are those of cmd/flagger.
	kubeconfig := flag.String("kubeconfig", "", "path to a kubeconfig")
	metricsServer := flag.String("metrics-server", "http://prometheus:9090", "Prometheus URL")
	interval := flag.Duration("control-loop-interval", 10*time.Second, "how often new and changed canaries are looked for")
	logLevel := flag.String("log-level", "debug", "debug, info, warning or error")
	port := flag.String("port", "8080", "port to listen on")
	eventWebhook := flag.String("event-webhook", "", "where all events are sent")
	includeLabelPrefix := flag.String("include-label-prefix", "", "prefixes of the labels that are copied to primaries; * is all")
	namespace := flag.String("namespace", "", "the one namespace to watch")
	meshProvider := flag.String("mesh-provider", "istio", "service mesh provider")
	selectorLabels := flag.String("selector-labels", "app,name,app.kubernetes.io/name", "labels of which a selector has to have one")
	configTracking := flag.Bool("enable-config-tracking", true, "track Secrets and ConfigMaps")
	clusterName := flag.String("cluster-name", "", "name of the cluster in alerts")
	noCrossNamespaceRefs := flag.Bool("no-cross-namespace-refs", false, "refuse references to other namespaces")
	flag.Parse()

	say, err := logger.NewLoggerWithEncoding(*logLevel, "json")
	must(err)
	stop := signals.SetupSignalHandler()

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	must(err)
	config.QPS, config.Burst = 100, 250
	kube, err := kubernetes.NewForConfig(config)
	must(err)
	client, err := clientset.NewForConfig(config)
	must(err)

	factory := informers.NewSharedInformerFactoryWithOptions(client, 30*time.Second, informers.WithNamespace(*namespace))
	kinds := factory.Flagger().V1beta1()
	watched := controller.Informers{CanaryInformer: kinds.Canaries(), MetricInformer: kinds.MetricTemplates(), AlertInformer: kinds.AlertProviders()}
	for _, informer := range []cache.SharedIndexInformer{
		watched.CanaryInformer.Informer(), watched.MetricInformer.Informer(), watched.AlertInformer.Informer(),
	} {
		go informer.Run(stop)
		if !cache.WaitForNamedCacheSync("flagger", stop, informer.HasSynced) {
			log.Fatal("the caches did not fill")
		}
	}

	observerFactory, err := observers.NewFactory(*metricsServer)
	must(err)
	go server.ListenAndServe(*port, 3*time.Second, say, stop)
	must(controller.NewController(
		kube, client, watched, *interval, say, &notifier.NopNotifier{},
		canary.NewFactory(kube, client, tracker(*configTracking, kube, client, say),
			strings.Split(*selectorLabels, ","), strings.Split(*includeLabelPrefix, ","), say),
		router.NewFactory(config, kube, client, "nginx.ingress.kubernetes.io", "", say, client, true),
		observerFactory, *meshProvider, version.VERSION, *eventWebhook, *clusterName, *noCrossNamespaceRefs,
	).Run(2, stop))
}

func tracker(enabled bool, kube kubernetes.Interface, client clientset.Interface, say *zap.SugaredLogger) canary.Tracker {
	if !enabled {
		return &canary.NopTracker{}
	}
	return &canary.ConfigTracker{Logger: say, KubeClient: kube, FlaggerClient: client}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
