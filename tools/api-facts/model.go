package main

// The shape of the output: src/apimachinery/schema/facts.ts is the contract, these structs mirror it.

type Facts struct {
	Checksum          string               `json:"checksum"`
	KubernetesVersion string               `json:"kubernetesVersion"`
	Groups            []GroupFact          `json:"groups"`
	Resources         []*ResourceFact      `json:"resources"`
	Types             map[string]*TypeFact `json:"types"`
}

type GroupFact struct {
	Name     string        `json:"name"`
	Priority int32         `json:"priority"`
	Versions []VersionFact `json:"versions"`
}

type VersionFact struct {
	Version  string `json:"version"`
	Priority int32  `json:"priority"`
}

type TypeFact struct {
	Go      string       `json:"go"`
	GVK     [][3]string  `json:"gvk,omitempty"`
	Atomic  bool         `json:"atomic,omitempty"`
	Special string       `json:"special,omitempty"`
	Fields  []*FieldFact `json:"fields,omitempty"`
}

type FieldFact struct {
	N    string         `json:"n"`
	G    string         `json:"g,omitempty"`
	Go   string         `json:"go"`
	T    any            `json:"t"`
	Ptr  bool           `json:"ptr,omitempty"`
	Omit string         `json:"omit,omitempty"`
	Req  bool           `json:"req,omitempty"`
	PB   any            `json:"pb,omitempty"`
	LT   string         `json:"lt,omitempty"`
	LK   []string       `json:"lk,omitempty"`
	MT   string         `json:"mt,omitempty"`
	MK   string         `json:"mk,omitempty"`
	MS   []string       `json:"ms,omitempty"`
	Enum []string       `json:"enum,omitempty"`
	Fmt  string         `json:"fmt,omitempty"`
	D    any            `json:"d,omitempty"`
	DW   map[string]any `json:"dw,omitempty"`
	DR   []string       `json:"dr,omitempty"`
	OD   any            `json:"od,omitempty"`
	Gate string         `json:"gate,omitempty"`
}

type ColumnFact struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Format   string `json:"format,omitempty"`
	Priority int32  `json:"priority,omitempty"`
}

type KindFact struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
}

type SubresourceFact struct {
	Name        string    `json:"name"`
	Verbs       []string  `json:"verbs"`
	Kind        *KindFact `json:"kind,omitempty"`
	ResetFields []string  `json:"resetFields,omitempty"`
}

type ResourceFact struct {
	Group                    string             `json:"group"`
	Version                  string             `json:"version"`
	Resource                 string             `json:"resource"`
	Singular                 string             `json:"singular"`
	Kind                     string             `json:"kind"`
	Namespaced               bool               `json:"namespaced"`
	Verbs                    []string           `json:"verbs"`
	ShortNames               []string           `json:"shortNames,omitempty"`
	Categories               []string           `json:"categories,omitempty"`
	Type                     string             `json:"type"`
	Subresources             []*SubresourceFact `json:"subresources,omitempty"`
	StoredAs                 string             `json:"storedAs,omitempty"`
	Prefix                   string             `json:"prefix,omitempty"`
	ResetFields              []string           `json:"resetFields,omitempty"`
	Generation               bool               `json:"generation,omitempty"`
	AllowCreateOnUpdate      bool               `json:"allowCreateOnUpdate,omitempty"`
	AllowUnconditionalUpdate *bool              `json:"allowUnconditionalUpdate,omitempty"`
	GracefulDelete           bool               `json:"gracefulDelete,omitempty"`
	ReturnDeletedObject      bool               `json:"returnDeletedObject,omitempty"`
	DefaultGCPolicy          string             `json:"defaultGCPolicy,omitempty"`
	FieldLabels              map[string]string  `json:"fieldLabels,omitempty"`
	OwnFieldLabels           bool               `json:"ownFieldLabels,omitempty"`
	Columns                  []ColumnFact       `json:"columns,omitempty"`
	TTLSeconds               uint64             `json:"ttlSeconds,omitempty"`
	StorageVersionHash       string             `json:"storageVersionHash,omitempty"`
}
