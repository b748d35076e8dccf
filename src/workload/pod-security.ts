/**
 * What Pod Security refuses in a pod, field by field, so that it is told at synth and not by a ReplicaSet that logs it.
 *
 * Upstream: kubernetes/pod-security-admission policy/check_*.go, of which the names and values below are. The injected
 * proxy is not looked at: Istio answers for it.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export interface PodSecurityViolation {
  /** The place within the pod's spec. */
  readonly field: string;
  readonly value: unknown;
  readonly fix: string;
  /** Whether a namespace that asks for less would take it. */
  readonly baselineAdmits: boolean;
}

/** `restricted` asks for all that `baseline` does, and more. */
export type PodSecurityLevel = 'baseline' | 'restricted';

interface Rule {
  readonly restrictedOnly?: boolean;
  readonly field: string;
  readonly refuses: (value: any, pod: any) => boolean;
  readonly fix: string;
}

const BASELINE_CAPABILITIES = [
  'AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT',
];
const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];
const SAFE_SYSCTLS = [
  'kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports', 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem',
];
const RESTRICTED_VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];
const SECCOMP_TYPES = ['RuntimeDefault', 'Localhost'];

/** Of the pod and of each container alike. */
const SECURITY_CONTEXT: Rule[] = [
  { field: 'securityContext.seLinuxOptions', refuses: options => Boolean(options && (!SELINUX_TYPES.includes(options.type ?? '') || options.user || options.role)), fix: 'Leave user and role out, and use container_t.' },
  { field: 'securityContext.seccompProfile.type', refuses: type => type === 'Unconfined', fix: 'Use RuntimeDefault.' },
  { field: 'securityContext.appArmorProfile.type', refuses: type => type === 'Unconfined', fix: 'Use RuntimeDefault.' },
  { field: 'securityContext.windowsOptions.hostProcess', refuses: value => value === true, fix: 'Leave it out.' },
  { restrictedOnly: true, field: 'securityContext.runAsUser', refuses: user => user === 0, fix: 'Use another user: 0 is root.' },
];

const POD_RULES: Rule[] = [
  ...['hostNetwork', 'hostPID', 'hostIPC'].map((field): Rule => ({ field, refuses: value => value === true, fix: 'Leave it out: the pod would share it with its node.' })),
  {
    field: 'securityContext.sysctls',
    refuses: (sysctls?: { name: string }[]) => Boolean(sysctls?.some(({ name }) => !SAFE_SYSCTLS.includes(name))),
    fix: 'Leave out those that act on the node.',
  },
  ...SECURITY_CONTEXT,
];

const CONTAINER_RULES: Rule[] = [
  { field: 'securityContext.privileged', refuses: value => value === true, fix: 'Leave it out: a privileged container is root on its node.' },
  {
    field: 'securityContext.capabilities.add',
    refuses: (added?: string[]) => Boolean(added?.some(capability => !BASELINE_CAPABILITIES.includes(capability))),
    fix: 'Leave it out: no capability beyond the runtime\'s own is admitted.',
  },
  {
    restrictedOnly: true,
    field: 'securityContext.capabilities.add',
    refuses: (added?: string[]) => Boolean(added?.some(capability => capability !== 'NET_BIND_SERVICE')),
    fix: 'Only NET_BIND_SERVICE may be added.',
  },
  { restrictedOnly: true, field: 'securityContext.capabilities.drop', refuses: (dropped?: string[]) => !dropped?.includes('ALL'), fix: 'Drop ALL.' },
  { restrictedOnly: true, field: 'securityContext.allowPrivilegeEscalation', refuses: value => value !== false, fix: 'Set it to false.' },
  {
    restrictedOnly: true,
    field: 'securityContext.runAsNonRoot',
    refuses: (value, pod) => (value ?? pod.securityContext?.runAsNonRoot) !== true,
    fix: 'Set it to true.',
  },
  {
    restrictedOnly: true,
    field: 'securityContext.seccompProfile.type',
    refuses: (type, pod) => !SECCOMP_TYPES.includes(type ?? pod.securityContext?.seccompProfile?.type),
    fix: 'Use RuntimeDefault.',
  },
  { field: 'securityContext.procMount', refuses: value => value !== undefined && value !== 'Default', fix: 'Leave it out.' },
  { field: 'ports', refuses: (ports?: { hostPort?: number }[]) => Boolean(ports?.some(({ hostPort }) => hostPort)), fix: 'Leave hostPort out: a Service makes the port known.' },
  ...SECURITY_CONTEXT,
];

const VOLUME_RULES: Rule[] = [
  { field: 'hostPath', refuses: value => value !== undefined, fix: 'Use an emptyDir or a claim: the node\'s files are not the pod\'s.' },
  {
    restrictedOnly: true,
    field: '',
    refuses: volume => Object.keys(volume).some(key => key !== 'name' && key !== 'hostPath' && !RESTRICTED_VOLUMES.includes(key)),
    fix: `Use one of ${RESTRICTED_VOLUMES.join(', ')}.`,
  },
];

export function podSecurityViolations(pod: any, level: PodSecurityLevel): PodSecurityViolation[] {
  const check = (rules: Rule[], object: any, at: string) => rules
    .filter(({ restrictedOnly }) => level === 'restricted' || !restrictedOnly)
    .map(rule => ({ rule, value: valueAt(object, rule.field) }))
    .filter(({ rule, value }) => rule.refuses(value, pod))
    .map(({ rule, value }) => ({ field: [at, rule.field].filter(Boolean).join('.'), value, fix: rule.fix, baselineAdmits: rule.restrictedOnly === true }));
  const lists = (['initContainers', 'containers', 'ephemeralContainers'] as const)
    .flatMap(list => (pod[list] ?? []).flatMap((container: any, index: number) => check(CONTAINER_RULES, container, `${list}[${index}]`)));
  const volumes = (pod.volumes ?? []).flatMap((volume: any, index: number) => check(VOLUME_RULES, volume, `volumes[${index}]`));
  return unique([...check(POD_RULES, pod, ''), ...lists, ...volumes]);
}

function valueAt(object: any, field: string): unknown {
  return field === '' ? object : field.split('.').reduce((value, key) => value?.[key], object);
}

/** A value that both levels refuse is told once. */
function unique(violations: PodSecurityViolation[]): PodSecurityViolation[] {
  return violations.filter(({ field }, index) => violations.findIndex(other => other.field === field) === index);
}
