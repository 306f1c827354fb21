{{/* Names, labels and images, as the other templates use them. */}}

{{- define "tailrace.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "tailrace.fullname" -}}
{{- $name := include "tailrace.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* (dict "root" . "end" "metrics"): names of Services have at most 63 letters, and the end is what tells them apart. */}}
{{- define "tailrace.nameWith" -}}
{{- $room := sub 62 (len .end) | int -}}
{{- printf "%s-%s" (include "tailrace.fullname" .root | trunc $room | trimSuffix "-") .end -}}
{{- end -}}

{{- define "tailrace.namespace" -}}
{{- default .Release.Namespace .Values.namespace -}}
{{- end -}}

{{- define "tailrace.selector" -}}
app.kubernetes.io/name: {{ include "tailrace.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tailrace.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "tailrace.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "tailrace.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "tailrace.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* (dict "image" image "tag" default "global" .Values.global) */}}
{{- define "tailrace.image" -}}
{{- $registry := default .image.registry .global.imageRegistry -}}
{{- $name := printf "%s:%s" .image.repository (default .tag .image.tag) -}}
{{- if $registry -}}
{{- printf "%s/%s" $registry $name -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/* Probes may have templates in them. One that names another way to ask does not ask by HTTP. */}}
{{- define "tailrace.probe" -}}
{{- $probe := .probe -}}
{{- if or $probe.exec $probe.tcpSocket $probe.grpc -}}
{{- $probe = omit $probe "httpGet" -}}
{{- end -}}
{{- tpl (toYaml $probe) .root -}}
{{- end -}}
