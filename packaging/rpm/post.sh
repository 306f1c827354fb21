systemd-sysusers tailrace.conf >/dev/null 2>&1 || :
if [ "$1" = 1 ]; then
    chgrp tailrace /etc/tailrace/config.yml 2>/dev/null || :
    chmod 0640 /etc/tailrace/config.yml /etc/default/tailrace || :
    if [ -d /run/systemd/system ]; then
        # Whether it is enabled is the distribution's preset, as for every service.
        systemctl --no-reload preset tailrace.service >/dev/null 2>&1 || :
    fi
fi
if [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload >/dev/null 2>&1 || :
fi
