{{/* Containers beside tailrace's own. */}}

{{/* "yes" when positions of Promtail are to be copied: not when they lie on a mounted volume already. */}}
{{- define "tailrace.adopts" -}}
{{- $mounted := false -}}
{{- range concat .Values.defaultVolumes .Values.extraVolumes -}}
{{- if .hostPath -}}
{{- if eq (trimSuffix "/" .hostPath.path) (trimSuffix "/" $.Values.adoptPromtailPositions.hostPath) -}}
{{- $mounted = true -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.adoptPromtailPositions.enabled .Values.daemonset.enabled .Values.config.enabled (not $mounted) -}}
yes
{{- end -}}
{{- end -}}

{{- define "tailrace.adopter" -}}
- name: adopt-positions
  image: {{ include "tailrace.image" (dict "image" .Values.image "tag" .Chart.AppVersion "global" .Values.global) | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command:
    - /bin/sh
    - -euc
    # Written beside and moved, so that a node that goes down meanwhile leaves no half of a file.
    - |
      if [ ! -e "$POSITIONS" ] && [ -e "$PROMTAIL_POSITIONS" ]; then
        cp "$PROMTAIL_POSITIONS" "$POSITIONS.adopting"
        mv "$POSITIONS.adopting" "$POSITIONS"
        echo "adopted the positions of Promtail: $(grep -c . "$POSITIONS") lines"
      fi
  env:
    - name: POSITIONS
      value: {{ tpl .Values.config.positions.filename . | quote }}
    - name: PROMTAIL_POSITIONS
      value: {{ printf "/promtail-positions/%s" .Values.adoptPromtailPositions.filename | quote }}
  {{- with .Values.containerSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: promtail-positions
      mountPath: /promtail-positions
      readOnly: true
    {{- with concat .Values.defaultVolumeMounts .Values.extraVolumeMounts }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "tailrace.reloader" -}}
{{- $reloader := .Values.sidecar.configReloader -}}
- name: config-reloader
  image: {{ include "tailrace.image" (dict "image" $reloader.image "tag" "latest" "global" .Values.global) | quote }}
  imagePullPolicy: {{ $reloader.image.pullPolicy }}
  args:
    - --web.listen-address=:{{ $reloader.config.serverPort }}
    - --volume-dir=/etc/promtail
    - --webhook-method=GET
    - --webhook-url=http://127.0.0.1:{{ .Values.config.serverPort }}{{ .Values.httpPathPrefix }}/reload
    {{- with $reloader.extraArgs }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $reloader.extraEnv }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $reloader.extraEnvFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - name: reloader
      containerPort: {{ $reloader.config.serverPort }}
      protocol: TCP
  {{- with $reloader.containerSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $reloader.livenessProbe }}
  livenessProbe:
    {{- include "tailrace.probe" (dict "probe" . "root" $) | nindent 4 }}
  {{- end }}
  {{- with $reloader.readinessProbe }}
  readinessProbe:
    {{- include "tailrace.probe" (dict "probe" . "root" $) | nindent 4 }}
  {{- end }}
  {{- with $reloader.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: config
      mountPath: /etc/promtail
      readOnly: true
{{- end -}}
