{{- define "dx.labels" -}}
app.kubernetes.io/name: directconnect-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "dx.selector" -}}
app.kubernetes.io/name: directconnect-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "dx.name" -}}
{{- if contains "directconnect-operator" .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-directconnect-operator" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- /* Cluster-wide names carry the namespace: two releases of one name do not meet. */ -}}
{{- define "dx.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "dx.name" .) -}}
{{- end -}}

{{- /* As the operator names it: one for each installation, and for each shard of it. */ -}}
{{- define "dx.lease" -}}
{{- printf "directconnect-operator.%s" .Values.clusterId -}}
{{- with .Values.shard }}.{{ . }}{{ end -}}
{{- end -}}
