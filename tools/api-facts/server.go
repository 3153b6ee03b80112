package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/client-go/discovery"
	clientrest "k8s.io/client-go/rest"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// A real API server with default flags, in this process, on an etcd in this process.
type server struct {
	config    *app.Config
	completed app.CompletedConfig
	client    clientrest.Interface
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func must1[T any](v T, err error) T {
	must(err)
	return v
}

func freePort() int {
	l := must1(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func startEtcd(dir string) string {
	cfg := embed.NewConfig()
	cfg.Dir = filepath.Join(dir, "etcd")
	cfg.LogLevel = "error"
	cfg.UnsafeNoFsync = true
	client := url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", freePort())}
	peer := url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", freePort())}
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	e := must1(embed.StartEtcd(cfg))
	<-e.Server.ReadyNotify()
	return client.String()
}

func startServer(ctx context.Context, dir string) *server {
	key := must1(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	saKey := filepath.Join(dir, "sa.key")
	must(keyutil.WriteKey(saKey, must1(keyutil.MarshalPrivateKeyToPEM(key))))
	s := options.NewServerRunOptions()
	fs := pflag.NewFlagSet("api-facts", pflag.ContinueOnError)
	for _, f := range s.Flags().FlagSets {
		fs.AddFlagSet(f)
	}
	must(fs.Parse([]string{
		"--etcd-servers=" + startEtcd(dir),
		"--cert-dir=" + filepath.Join(dir, "certs"),
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", freePort()),
		"--endpoint-reconciler-type=none",
		"--authorization-mode=RBAC",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + saKey,
		"--service-account-signing-key-file=" + saKey,
	}))
	must(s.GenericServerRunOptions.ComponentGlobalsRegistry.Set())
	clientrest.SetDefaultWarningHandler(clientrest.NoWarnings{})
	opts := must1(s.Complete(ctx))
	config := must1(app.NewConfig(opts))
	completed := must1(config.Complete())
	chain := must1(app.CreateServerChain(completed))
	loopback := clientrest.CopyConfig(config.KubeAPIs.ControlPlane.Generic.LoopbackClientConfig)
	loopback.ContentConfig = clientrest.ContentConfig{}
	go func() {
		prepared := must1(chain.PrepareRun())
		must(prepared.Run(ctx))
	}()
	out := &server{config: config, completed: completed, client: discovery.NewDiscoveryClientForConfigOrDie(loopback).RESTClient()}
	out.waitReady(ctx)
	return out
}

func (s *server) waitReady(ctx context.Context) {
	deadline := time.Now().Add(2 * time.Minute)
	for time.Now().Before(deadline) {
		time.Sleep(300 * time.Millisecond)
		b, err := s.client.Get().AbsPath("/readyz").DoRaw(ctx)
		if err != nil || string(b) != "ok" {
			continue
		}
		var list struct {
			Items []struct {
				Status struct {
					Conditions []struct{ Type, Status string }
				}
			}
		}
		if b, err = s.client.Get().AbsPath("/apis/apiregistration.k8s.io/v1/apiservices").DoRaw(ctx); err != nil || json.Unmarshal(b, &list) != nil {
			continue
		}
		ready := len(list.Items) > 0
		for _, i := range list.Items {
			ok := false
			for _, c := range i.Status.Conditions {
				ok = ok || (c.Type == "Available" && c.Status == "True")
			}
			ready = ready && ok
		}
		if ready {
			return
		}
	}
	panic("the server did not become ready")
}

func (s *server) get(ctx context.Context, path string, accept string, into any) {
	r := s.client.Get().AbsPath(path)
	if accept != "" {
		r = r.SetHeader("Accept", accept)
	}
	b := must1(r.DoRaw(ctx))
	if err := json.Unmarshal(b, into); err != nil {
		panic(fmt.Sprintf("%s: %v: %.200s", path, err, strings.TrimSpace(string(b))))
	}
}

func tempDir() (string, func()) {
	d := must1(os.MkdirTemp("", "api-facts"))
	return d, func() { os.RemoveAll(d) }
}
