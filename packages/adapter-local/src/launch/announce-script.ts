/** What both launchers do once the root is there: the daemon's places are mounted, and the owner is told that the sandbox can be configured, with the loop device of its disk. */
export const announceScript = `
mount -t tmpfs -o "nodev,nosuid,noexec,size=1m,nr_inodes=64,$RUN_OWNER" none run || exit 27
mount --bind "$DAEMON" daemon || exit 28
loop=-
while read -r _ _ _ _ point rest; do
  if [ "$point" = "$STAGE/disk" ]; then loop=\${rest##* - }; loop=\${loop#* }; loop=\${loop%% *}; fi
done </proc/self/mountinfo
echo "prepared $loop"
`
