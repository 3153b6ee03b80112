package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"
	"unsafe"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	crdserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/kubernetes"
	clientrest "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	aggregatorapiserver "k8s.io/kube-aggregator/pkg/apiserver"
	aggregatorscheme "k8s.io/kube-aggregator/pkg/apiserver/scheme"
	apiservicerest "k8s.io/kube-aggregator/pkg/registry/apiservice/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// Field labels that are accepted under a name which no object's attributes have.
var aliasLabels = []string{
	"metadata.name", "metadata.namespace", "name", "spec.host", "status.podIPs", "source", "reportingController", "reportingComponent",
	"regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion", "regarding.resourceVersion", "regarding.fieldPath",
}

// Options without a storage behind: constructors give the strategies and ask nothing of etcd.
type storelessOptions struct {
	inner  generic.RESTOptionsGetter
	prefix map[schema.GroupResource]string
}

func (g storelessOptions) GetRESTOptions(r schema.GroupResource, example runtime.Object) (generic.RESTOptions, error) {
	o, err := g.inner.GetRESTOptions(r, example)
	g.prefix[r] = o.ResourcePrefix
	o.CountMetricPollPeriod = 0
	o.Decorator = func(*storagebackend.ConfigForResource, string, func(runtime.Object) (string, error), func() runtime.Object, func() runtime.Object, storage.AttrFunc, storage.IndexerFuncs, *cache.Indexers) (storage.Interface, factory.DestroyFunc, error) {
		return nil, func() {}, nil
	}
	return o, err
}

type storages struct {
	byGVR     map[schema.GroupVersionResource]rest.Storage // resource may be "pods/status"
	prefix    map[schema.GroupResource]string
	encodings *serverstorage.DefaultStorageFactory
}

func collectStorages(s *server) *storages {
	out := &storages{byGVR: map[schema.GroupVersionResource]rest.Storage{}, prefix: map[schema.GroupResource]string{}}
	out.encodings = s.config.KubeAPIs.ControlPlane.StorageFactory.(*serverstorage.DefaultStorageFactory)
	put := func(group string, m map[string]map[string]rest.Storage) {
		for version, resources := range m {
			for resource, st := range resources {
				out.byGVR[schema.GroupVersionResource{Group: group, Version: version, Resource: resource}] = st
			}
		}
	}
	enabled := s.config.KubeAPIs.ControlPlane.APIResourceConfigSource
	providers := must1(s.completed.KubeAPIs.StorageProviders(kubernetes.NewForConfigOrDie(&clientrest.Config{Host: "http://127.0.0.1:1"})))
	main := storelessOptions{s.config.KubeAPIs.ControlPlane.Generic.RESTOptionsGetter, out.prefix}
	for _, p := range providers {
		put(p.GroupName(), must1(p.NewRESTStorage(enabled, main)).VersionedResourcesStorageMap)
	}
	crd := must1(customresourcedefinition.NewREST(crdserver.Scheme, storelessOptions{s.config.ApiExtensions.GenericConfig.RESTOptionsGetter, out.prefix}))
	put("apiextensions.k8s.io", map[string]map[string]rest.Storage{"v1": {
		"customresourcedefinitions":        crd,
		"customresourcedefinitions/status": customresourcedefinition.NewStatusREST(crdserver.Scheme, crd),
	}})
	agg := apiservicerest.NewRESTStorage(s.config.Aggregator.GenericConfig.MergedResourceConfig, storelessOptions{s.config.Aggregator.GenericConfig.RESTOptionsGetter, out.prefix}, false)
	put("apiregistration.k8s.io", agg.VersionedResourcesStorageMap)
	return out
}

func schemeFor(gvk schema.GroupVersionKind) *runtime.Scheme {
	for _, s := range []*runtime.Scheme{legacyscheme.Scheme, crdserver.Scheme, aggregatorscheme.Scheme} {
		if s.Recognizes(gvk) {
			return s
		}
	}
	panic("no scheme knows " + gvk.String())
}

func hasOwnLabels(s *runtime.Scheme, gvk schema.GroupVersionKind) bool {
	m := reflect.ValueOf(s).Elem().FieldByName("fieldLabelConversionFuncs")
	for _, k := range m.MapKeys() {
		if k.FieldByName("Group").String() == gvk.Group && k.FieldByName("Version").String() == gvk.Version && k.FieldByName("Kind").String() == gvk.Kind {
			return true
		}
	}
	return false
}

// findStore looks for the generic store behind any wrapping.
func findStore(v reflect.Value, depth int) *genericregistry.Store {
	if depth > 4 {
		return nil
	}
	for v.Kind() == reflect.Ptr || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return nil
		}
		if v.Kind() == reflect.Ptr && v.Type() == reflect.TypeFor[*genericregistry.Store]() {
			return (*genericregistry.Store)(unsafe.Pointer(v.Pointer()))
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil
	}
	if v.Type() == reflect.TypeFor[genericregistry.Store]() && v.CanAddr() {
		return (*genericregistry.Store)(unsafe.Pointer(v.UnsafeAddr()))
	}
	for i := 0; i < v.NumField(); i++ {
		f := v.Field(i)
		k := f.Kind()
		if k == reflect.Ptr || k == reflect.Struct || (k == reflect.Interface && !f.IsNil() && f.Elem().Kind() == reflect.Ptr) {
			if s := findStore(f, depth+1); s != nil {
				return s
			}
		}
	}
	return nil
}

func try(what string, fn func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintln(os.Stderr, "note:", what, "panicked:", r)
		}
	}()
	fn()
}

func (st *storages) resource(f *ResourceFact) {
	gvr := schema.GroupVersionResource{Group: f.Group, Version: f.Version, Resource: f.Resource}
	gvk := schema.GroupVersionKind{Group: f.Group, Version: f.Version, Kind: f.Kind}
	gv := gvk.GroupVersion()
	main, ok := st.byGVR[gvr]
	if !ok {
		panic("no storage for " + gvr.String())
	}
	f.ResetFields = resetFields(main, gv)
	for _, sub := range f.Subresources {
		gvr.Resource = f.Resource + "/" + sub.Name
		s, ok := st.byGVR[gvr]
		if !ok {
			panic("no storage for " + gvr.String())
		}
		sub.ResetFields = resetFields(s, gv)
	}
	if tc, ok := main.(rest.TableConvertor); ok {
		try("table of "+f.Resource, func() {
			t, err := tc.ConvertToTable(context.Background(), main.New(), nil)
			if err != nil {
				fmt.Fprintln(os.Stderr, "note: table of", f.Resource, err)
				return
			}
			for _, c := range t.ColumnDefinitions {
				f.Columns = append(f.Columns, ColumnFact{c.Name, c.Type, c.Format, c.Priority})
			}
		})
	}
	store := findStore(reflect.ValueOf(main), 0)
	if store == nil || !contains(f.Verbs, "get") {
		return
	}
	gr := store.DefaultQualifiedResource
	if p := st.prefix[gr]; p != f.Resource {
		f.Prefix = p
	}
	if f.Group != "apiextensions.k8s.io" && f.Group != "apiregistration.k8s.io" {
		if stored := must1(st.encodings.ResourceEncodingConfig.StorageEncodingFor(gr)); stored != gv {
			f.StoredAs = stored.String()
		}
	}
	ctx := genericapirequest.WithNamespace(context.Background(), "default")
	ctx = genericapirequest.WithRequestInfo(ctx, &genericapirequest.RequestInfo{APIGroup: f.Group, APIVersion: f.Version, Resource: f.Resource, IsResourceRequest: true})
	if s := store.UpdateStrategy; s != nil {
		f.AllowCreateOnUpdate = s.AllowCreateOnUpdate(ctx)
		if !s.AllowUnconditionalUpdate(ctx) {
			no := false
			f.AllowUnconditionalUpdate = &no
		}
	}
	if s := store.DeleteStrategy; s != nil {
		_, f.GracefulDelete = s.(rest.RESTGracefulDeleteStrategy)
		if g, ok := s.(rest.GarbageCollectionDeleteStrategy); ok {
			f.DefaultGCPolicy = string(g.DefaultGarbageCollectionPolicy(ctx))
		}
	}
	f.ReturnDeletedObject = store.ReturnDeletedObject
	sch := schemeFor(gvk)
	f.Generation = startsGeneration(store, sch, gvk, ctx)
	if store.TTLFunc != nil {
		f.TTLSeconds = must1(store.TTLFunc(store.NewFunc(), 0, false))
	}
	candidates := map[string]bool{}
	for _, l := range aliasLabels {
		candidates[l] = true
	}
	if store.PredicateFunc != nil {
		_, set, err := store.PredicateFunc(labels.Everything(), fields.Everything()).GetAttrs(store.NewFunc())
		must(err)
		for k := range set {
			candidates[k] = true
		}
	}
	f.OwnFieldLabels = hasOwnLabels(sch, gvk)
	f.FieldLabels = map[string]string{}
	for c := range candidates {
		to, _, err := sch.ConvertFieldLabel(gvk, c, "x")
		if c == "metadata.name" || err != nil {
			if c == "metadata.name" && err != nil {
				fmt.Fprintln(os.Stderr, "note: metadata.name is refused by", gvk)
			}
			continue
		}
		if c != "metadata.namespace" || f.OwnFieldLabels {
			f.FieldLabels[c] = to
		}
	}
}

func startsGeneration(store *genericregistry.Store, sch *runtime.Scheme, gvk schema.GroupVersionKind, ctx context.Context) (yes bool) {
	if store.CreateStrategy == nil {
		return false
	}
	versioned := must1(sch.New(gvk))
	sch.Default(versioned)
	obj, err := sch.UnsafeConvertToVersion(versioned, runtime.InternalGroupVersioner)
	if err != nil {
		obj = store.NewFunc()
	}
	try("create strategy of "+gvk.Kind, func() { store.CreateStrategy.PrepareForCreate(ctx, obj) })
	return must1(meta.Accessor(obj)).GetGeneration() == 1
}

func resetFields(st rest.Storage, gv schema.GroupVersion) []string {
	s, ok := st.(rest.ResetFieldsStrategy)
	if !ok {
		return nil
	}
	var out []string
	try("reset fields", func() {
		for v, set := range s.GetResetFields() {
			if string(v) != gv.String() {
				continue
			}
			for _, l := range strings.Split(set.String(), "\n") {
				if l != "" {
					out = append(out, l)
				}
			}
		}
	})
	sort.Strings(out)
	return out
}

// discover reads what the server says of itself: order, verbs, names, kinds, priorities, hashes.
func discover(ctx context.Context, s *server) (groups []GroupFact, resources []*ResourceFact) {
	const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
	var all apidiscovery.APIGroupDiscoveryList
	for _, p := range []string{"/api", "/apis"} {
		var l apidiscovery.APIGroupDiscoveryList
		s.get(ctx, p, aggregated, &l)
		all.Items = append(all.Items, l.Items...)
	}
	var services apiregistrationv1.APIServiceList
	s.get(ctx, "/apis/apiregistration.k8s.io/v1/apiservices", "", &services)
	priority := map[schema.GroupVersion][2]int32{}
	for _, a := range services.Items {
		priority[schema.GroupVersion{Group: a.Spec.Group, Version: a.Spec.Version}] = [2]int32{a.Spec.GroupPriorityMinimum, a.Spec.VersionPriority}
	}
	for _, g := range all.Items {
		gf := GroupFact{Name: g.Name}
		for _, v := range g.Versions {
			gv := schema.GroupVersion{Group: g.Name, Version: v.Version}
			p, ok := priority[gv]
			if !ok {
				// The aggregator's own group has no APIService.
				p[0] = int32(aggregatorapiserver.APIRegistrationGroupPriority)
			}
			gf.Priority = p[0]
			gf.Versions = append(gf.Versions, VersionFact{v.Version, p[1]})
			path := "/apis/" + gv.String()
			if g.Name == "" {
				path = "/api/" + v.Version
			}
			var plain metav1.APIResourceList
			s.get(ctx, path, "application/json", &plain)
			hash := map[string]string{}
			for _, r := range plain.APIResources {
				hash[r.Name] = r.StorageVersionHash
			}
			for _, r := range v.Resources {
				f := &ResourceFact{
					Group: g.Name, Version: v.Version, Resource: r.Resource, Singular: r.SingularResource, Kind: r.ResponseKind.Kind,
					Namespaced: r.Scope == apidiscovery.ScopeNamespace, Verbs: r.Verbs, ShortNames: r.ShortNames, Categories: r.Categories,
					StorageVersionHash: hash[r.Resource],
				}
				for _, sub := range r.Subresources {
					sf := &SubresourceFact{Name: sub.Subresource, Verbs: sub.Verbs}
					if k := sub.ResponseKind; k != nil {
						kind := KindFact{k.Group, k.Version, k.Kind}
						if kind.Group == "" && kind.Version == "" {
							kind.Group, kind.Version = f.Group, f.Version
						}
						if kind != (KindFact{f.Group, f.Version, f.Kind}) {
							sf.Kind = &kind
						}
					}
					f.Subresources = append(f.Subresources, sf)
				}
				resources = append(resources, f)
			}
		}
		groups = append(groups, gf)
	}
	return groups, resources
}
