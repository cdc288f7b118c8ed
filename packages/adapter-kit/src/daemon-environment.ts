/**
 * The environment in which the daemon itself runs. It gets by with few threads, made early: one that the kernel refuses because code has used up
 * the sandbox's processes would end it. And it keeps its memory small, for there is one in every sandbox. Nothing of this reaches code.
 */
export const daemonEnvironment: readonly string[] = [
  'PATH=/usr/local/bin:/usr/bin:/bin:/opt/caisson/bin',
  'HOME=/',
  'LD_LIBRARY_PATH=/opt/caisson/lib',
  'BUN_JSC_numberOfGCMarkers=1',
  'BUN_JSC_useConcurrentGC=0',
  'BUN_JSC_useConcurrentJIT=0',
  'BUN_JSC_forceMiniVMMode=1',
]
