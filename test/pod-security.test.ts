import { podSecurityViolations } from '../src/workload/pod-security';

const HARDENED = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const POD = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };

/** A pod that `restricted` admits, but for what the test says. */
const pod = (spec: object = {}) => ({ securityContext: POD, containers: [{ name: 'orders', securityContext: HARDENED }], ...spec });
const podContext = (context: object) => pod({ securityContext: { ...POD, ...context } });
const container = (fields: object) => pod({ containers: [{ name: 'orders', securityContext: HARDENED, ...fields }] });
const context = (fields: object) => container({ securityContext: { ...HARDENED, ...fields } });
const volume = (source: object) => pod({ volumes: [{ name: 'data', ...source }] });

const fieldsOf = (spec: object, level: 'restricted' | 'baseline') => podSecurityViolations(spec, level).map(({ field }) => field);

describe('refused is', () => {
  const OWN = 'containers[0].securityContext';
  const BOTH: [string, object, string][] = [
    ['the node\'s network', pod({ hostNetwork: true }), 'hostNetwork'],
    ['the node\'s processes', pod({ hostPID: true }), 'hostPID'],
    ['the node\'s memory', pod({ hostIPC: true }), 'hostIPC'],
    ['a sysctl of the node', podContext({ sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }, { name: 'kernel.msgmax', value: '1' }] }), 'securityContext.sysctls'],
    ['no seccomp profile at all, of the pod', { ...context({ seccompProfile: POD.seccompProfile }), securityContext: { ...POD, seccompProfile: { type: 'Unconfined' } } },
      'securityContext.seccompProfile.type'],
    ['no AppArmor profile at all, of the pod', podContext({ appArmorProfile: { type: 'Unconfined' } }), 'securityContext.appArmorProfile.type'],
    ['an SELinux type that is no container\'s', podContext({ seLinuxOptions: { type: 'spc_t' } }), 'securityContext.seLinuxOptions'],
    ['an SELinux user', podContext({ seLinuxOptions: { user: 'system_u' } }), 'securityContext.seLinuxOptions'],
    ['an SELinux role', podContext({ seLinuxOptions: { role: 'system_r' } }), 'securityContext.seLinuxOptions'],
    ['a process of a Windows node', podContext({ windowsOptions: { hostProcess: true } }), 'securityContext.windowsOptions.hostProcess'],
    ['a privileged container', context({ privileged: true }), `${OWN}.privileged`],
    ['a capability of the node', context({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE', 'SYS_ADMIN'] } }), `${OWN}.capabilities.add`],
    ['another view of /proc', context({ procMount: 'Unmasked' }), `${OWN}.procMount`],
    ['no seccomp profile at all, of a container', context({ seccompProfile: { type: 'Unconfined' } }), `${OWN}.seccompProfile.type`],
    ['no AppArmor profile at all, of a container', context({ appArmorProfile: { type: 'Unconfined' } }), `${OWN}.appArmorProfile.type`],
    ['an SELinux type of a container', context({ seLinuxOptions: { type: 'spc_t' } }), `${OWN}.seLinuxOptions`],
    ['a Windows process of a container', context({ windowsOptions: { hostProcess: true } }), `${OWN}.windowsOptions.hostProcess`],
    ['a port of the node, beside one that is none', container({ ports: [{ containerPort: 8080 }, { containerPort: 9090, hostPort: 9090 }] }), 'containers[0].ports'],
    ['a directory of the node', volume({ hostPath: { path: '/' } }), 'volumes[0].hostPath'],
    ['what an init container does', pod({ initContainers: [{}, { securityContext: { ...HARDENED, privileged: true } }].map(each => ({ securityContext: HARDENED, ...each })) }),
      'initContainers[1].securityContext.privileged'],
    ['what an ephemeral container does', pod({ ephemeralContainers: [{ securityContext: { ...HARDENED, privileged: true } }] }), 'ephemeralContainers[0].securityContext.privileged'],
    ['what the second container does', pod({ containers: [{ securityContext: HARDENED }, { securityContext: { ...HARDENED, privileged: true } }] }),
      'containers[1].securityContext.privileged'],
  ];

  test.each(BOTH)('everywhere: %s', (_, spec, field) => {
    expect({ restricted: fieldsOf(spec, 'restricted'), baseline: fieldsOf(spec, 'baseline') }).toEqual({ restricted: [field], baseline: [field] });
  });

  const RESTRICTED: [string, object, string][] = [
    ['the user root, of the pod', podContext({ runAsUser: 0 }), 'securityContext.runAsUser'],
    ['the user root, of a container', context({ runAsUser: 0 }), `${OWN}.runAsUser`],
    ['a user who may be root', podContext({ runAsNonRoot: undefined }), `${OWN}.runAsNonRoot`],
    ['a container that may be root in a pod that may not', context({ runAsNonRoot: false }), `${OWN}.runAsNonRoot`],
    ['privileges that may grow', context({ allowPrivilegeEscalation: undefined }), `${OWN}.allowPrivilegeEscalation`],
    ['privileges that are said to grow', context({ allowPrivilegeEscalation: true }), `${OWN}.allowPrivilegeEscalation`],
    ['a capability of the runtime\'s own', context({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } }), `${OWN}.capabilities.add`],
    ['capabilities that are kept', context({ capabilities: undefined }), `${OWN}.capabilities.drop`],
    ['capabilities of which one is dropped', context({ capabilities: { drop: ['NET_RAW'] } }), `${OWN}.capabilities.drop`],
    ['no word of a seccomp profile', podContext({ seccompProfile: undefined }), `${OWN}.seccompProfile.type`],
    ['a volume from the network', volume({ nfs: { server: 'nas', path: '/' } }), 'volumes[0]'],
  ];

  test.each(RESTRICTED)('by restricted alone: %s', (_, spec, field) => {
    expect({ restricted: fieldsOf(spec, 'restricted'), baseline: fieldsOf(spec, 'baseline') }).toEqual({ restricted: [field], baseline: [] });
  });
});

describe('admitted is', () => {
  test.each([
    ['a pod that says all that is asked for', pod()],
    ['a container that may not be root in a pod that says nothing', { ...context({ runAsNonRoot: true, seccompProfile: { type: 'Localhost' } }), securityContext: {} }],
    ['a sysctl of the pod', podContext({ sysctls: [{ name: 'net.ipv4.tcp_keepalive_time', value: '60' }] })],
    ['an SELinux type of containers', podContext({ seLinuxOptions: { type: 'container_t', level: 's0' } })],
    ['an SELinux level alone', podContext({ seLinuxOptions: { level: 's0' } })],
    ['a low port', context({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })],
    ['the default view of /proc', context({ procMount: 'Default' })],
    ['a port of the pod', container({ ports: [{ containerPort: 8080 }] })],
    ['the profile of the runtime', podContext({ appArmorProfile: { type: 'RuntimeDefault' } })],
    ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret']
      .map((kind): [string, object] => [`a volume ${kind}`, volume({ [kind]: {} })]),
  ])('%s', (_, spec) => {
    expect({ restricted: fieldsOf(spec, 'restricted'), baseline: fieldsOf(spec, 'baseline') }).toEqual({ restricted: [], baseline: [] });
  });

  test.each(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'])(
    'by baseline: the capability %s', capability => expect(fieldsOf(context({ capabilities: { add: [capability] } }), 'baseline')).toEqual([]));
});

test('a value that both levels refuse is told once, with what the stronger of the two asks for', () => {
  expect(podSecurityViolations(context({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }), 'restricted')).toEqual([{
    field: 'containers[0].securityContext.capabilities.add', value: ['SYS_ADMIN'], baselineAdmits: false, fix: expect.stringContaining('beyond the runtime\'s own'),
  }]);
});

test('each of several containers and volumes is told by its place', () => {
  const privileged = { securityContext: { ...HARDENED, privileged: true } };

  expect(fieldsOf(pod({ containers: [privileged, privileged], volumes: [{ name: 'a', hostPath: {} }, { name: 'b', nfs: {} }] }), 'restricted')).toEqual([
    'containers[0].securityContext.privileged', 'containers[1].securityContext.privileged', 'volumes[0].hostPath', 'volumes[1]',
  ]);
});
