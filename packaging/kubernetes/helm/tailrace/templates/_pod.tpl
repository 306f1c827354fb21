{{/* The pod of the DaemonSet or Deployment: metadata and spec. */}}

{{- define "tailrace.pod" -}}
metadata:
  labels:
    {{- include "tailrace.selector" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- $checksum := and .Values.config.enabled (not .Values.sidecar.configReloader.enabled) }}
  {{- if or $checksum .Values.podAnnotations }}
  annotations:
    {{- if $checksum }}
    checksum/config: {{ tpl .Values.config.file . | sha256sum }}
    {{- end }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
spec:
  serviceAccountName: {{ include "tailrace.serviceAccount" . }}
  automountServiceAccountToken: {{ .Values.automountServiceAccountToken }}
  enableServiceLinks: {{ .Values.enableServiceLinks }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- if .Values.hostNetwork }}
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with concat .Values.imagePullSecrets .Values.global.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.hostAliases }}
  hostAliases:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.podSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $adopt := include "tailrace.adopts" . }}
  {{- if or $adopt .Values.initContainer }}
  initContainers:
    {{- with .Values.initContainer }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- if $adopt }}
    {{- include "tailrace.adopter" . | nindent 4 }}
    {{- end }}
  {{- end }}
  containers:
    {{- include "tailrace.container" . | nindent 4 }}
    {{- if .Values.sidecar.configReloader.enabled }}
    {{- include "tailrace.reloader" . | nindent 4 }}
    {{- end }}
    {{- range $name, $container := .Values.extraContainers }}
    - name: {{ $name }}
      {{- toYaml $container | nindent 6 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumes:
    - name: config
      {{- if .Values.configmap.enabled }}
      configMap:
        name: {{ include "tailrace.fullname" . }}
      {{- else }}
      secret:
        secretName: {{ include "tailrace.fullname" . }}
      {{- end }}
    {{- range .Values.defaultVolumes }}
    {{- if and $.Values.deployment.enabled (eq .name "run") .hostPath }}
    # Pods of a Deployment may share a node, and must not share positions.
    - name: run
      emptyDir: {}
    {{- else }}
    {{- toYaml (list .) | nindent 4 }}
    {{- end }}
    {{- end }}
    {{- if $adopt }}
    - name: promtail-positions
      hostPath:
        path: {{ .Values.adoptPromtailPositions.hostPath }}
        type: DirectoryOrCreate
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "tailrace.container" -}}
- name: tailrace
  image: {{ include "tailrace.image" (dict "image" .Values.image "tag" .Chart.AppVersion "global" .Values.global) | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args:
    - -config.file=/etc/promtail/promtail.yaml
    {{- if .Values.sidecar.configReloader.enabled }}
    - -server.enable-runtime-reload
    {{- end }}
    {{- with .Values.extraArgs }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  env:
    # Pods of this node alone are looked at, and it is known by this name.
    - name: HOSTNAME
      valueFrom:
        fieldRef:
          fieldPath: spec.nodeName
    {{- with .Values.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.extraEnvFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - name: http-metrics
      containerPort: {{ .Values.config.serverPort }}
      protocol: TCP
    {{- range $key, $port := .Values.extraPorts }}
    - name: {{ default $key $port.name }}
      containerPort: {{ $port.containerPort }}
      protocol: {{ default "TCP" $port.protocol }}
    {{- end }}
  {{- with .Values.containerSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.livenessProbe }}
  livenessProbe:
    {{- include "tailrace.probe" (dict "probe" . "root" $) | nindent 4 }}
  {{- end }}
  {{- with .Values.readinessProbe }}
  readinessProbe:
    {{- include "tailrace.probe" (dict "probe" . "root" $) | nindent 4 }}
  {{- end }}
  {{- with .Values.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: config
      mountPath: /etc/promtail
      readOnly: true
    {{- with concat .Values.defaultVolumeMounts .Values.extraVolumeMounts }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
{{- end -}}
