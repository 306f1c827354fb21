{{/* What would be accepted and mean nothing, or lose lines, is refused with the way out. */}}

{{- define "tailrace.refuse" -}}
{{- if and .Values.daemonset.enabled .Values.deployment.enabled -}}
{{- fail "daemonset.enabled and deployment.enabled: both would follow the same logs and each line would come twice; make it two releases" -}}
{{- end -}}
{{- if .Values.rbac.pspEnabled -}}
{{- fail "rbac.pspEnabled: Kubernetes has had no PodSecurityPolicy since 1.25; leave it out" -}}
{{- end -}}
{{- $rolling := default dict (default dict .Values.updateStrategy).rollingUpdate -}}
{{- if and $rolling.maxSurge (ne (toString $rolling.maxSurge) "0%") -}}
{{- fail "updateStrategy.rollingUpdate.maxSurge: two pods of a node would follow the same files; use maxUnavailable" -}}
{{- end -}}
{{- if hasSuffix "promtail" .Values.image.repository -}}
{{- fail (printf "image.repository is %s: that starts Promtail; name an image of tailrace, and leave image.tag to it" .Values.image.repository) -}}
{{- end -}}
{{- if .Values.config.enabled -}}
{{- include "tailrace.refusePositions" . -}}
{{- end -}}
{{- end -}}

{{/* Positions and outbox have to lie on a volume: the root file system is read-only, and goes with the pod. */}}
{{- define "tailrace.refusePositions" -}}
{{- $file := tpl (default "" .Values.config.positions.filename) . -}}
{{- $found := "" -}}
{{- range concat .Values.defaultVolumeMounts .Values.extraVolumeMounts -}}
{{- if and (hasPrefix (printf "%s/" (trimSuffix "/" .mountPath)) $file) (not .readOnly) -}}
{{- $found = .mountPath -}}
{{- end -}}
{{- end -}}
{{- if not $found -}}
{{- fail (printf "config.positions.filename %q lies below none of the writable volume mounts: put it below /var/lib/tailrace, or mount its folder" $file) -}}
{{- end -}}
{{- end -}}
