import type { Requirement } from '../requirement.ts'

export const fileRequirements: readonly Requirement[] = [
  {
    id: 'files.round-trip',
    source: 'Files.write',
    behaviour: 'Random bytes are read back as they were written.',
  },
  {
    id: 'files.empty',
    source: 'Files.write',
    behaviour: 'An empty file is a file of no bytes.',
  },
  {
    id: 'files.large-stream',
    source: 'Files.write',
    behaviour: 'Four megabytes stream in and out unharmed, with steady memory on this side.',
  },
  {
    id: 'files.seen-by-processes',
    source: 'Files',
    behaviour: 'A written file is what processes read, and what processes write is what is read.',
  },
  {
    id: 'files.write-replaces',
    source: 'Files.write',
    behaviour: 'Writing replaces the whole file, also by a shorter one.',
  },
  {
    id: 'files.write-parents',
    source: 'Files.write',
    behaviour: 'Missing parents are created.',
  },
  {
    id: 'files.write-mode-default',
    source: 'Files.write',
    behaviour: 'A new file has mode 0644.',
  },
  {
    id: 'files.write-mode',
    source: 'Files.write',
    behaviour: 'A given mode is kept, and an executable runs.',
  },
  {
    id: 'files.write-owner',
    source: 'Files.write',
    behaviour: 'A written file belongs to the user whom processes run as.',
  },
  {
    id: 'files.write-result',
    source: 'Files.write',
    behaviour: 'write resolves with the info of the file as stat tells it.',
  },
  {
    id: 'files.stat',
    source: 'FileInfo',
    behaviour: 'stat tells name, path, type, size and time of change.',
  },
  {
    id: 'files.missing',
    source: 'Files',
    behaviour: 'Reading, listing, moving or asking about what is not there is path-not-found.',
  },
  {
    id: 'files.read-directory',
    source: 'Files.read',
    behaviour: 'Reading a directory is is-a-directory.',
  },
  {
    id: 'files.read-fifo',
    source: 'Files.read',
    behaviour: 'Reading a named pipe is invalid-argument, at once.',
  },
  {
    id: 'files.read-device',
    source: 'Files.read',
    behaviour: 'Reading a device is invalid-argument, at once.',
  },
  {
    id: 'files.write-on-directory',
    source: 'Files.write',
    behaviour: 'Writing on a directory is is-a-directory.',
  },
  {
    id: 'files.below-a-file',
    source: 'Files.write',
    behaviour: 'A path that leads through a file is not-a-directory.',
  },
  {
    id: 'files.symlink-stat',
    source: 'FileInfo.type',
    behaviour: 'stat shows a symbolic link with its target and does not follow it.',
  },
  {
    id: 'files.symlink-read',
    source: 'Files',
    behaviour: 'Reading follows a symbolic link within the sandbox.',
  },
  {
    id: 'files.names',
    source: 'Files',
    behaviour: 'Names are kept byte for byte: emoji, newline, spaces, quotes, a leading dash.',
  },
  {
    id: 'files.list',
    source: 'Files.list',
    behaviour: 'A listing has exactly the entries of the directory in lexical order.',
  },
  {
    id: 'files.list-depth',
    source: 'Files.list',
    behaviour: 'A listing goes as deep as asked and no deeper.',
  },
  {
    id: 'files.list-links',
    source: 'Files.list',
    behaviour: 'Links are listed and not followed, loops included.',
  },
  {
    id: 'files.list-file',
    source: 'Files.list',
    behaviour: 'Listing a file is not-a-directory.',
  },
  {
    id: 'files.make-directory',
    source: 'Files.makeDirectory',
    behaviour: 'A directory is created with its parents; a second time it says exists.',
  },
  {
    id: 'files.make-directory-on-file',
    source: 'Files.makeDirectory',
    behaviour: 'A directory in the place of a file is path-exists.',
  },
  {
    id: 'files.move',
    source: 'Files.move',
    behaviour: 'Moving takes the content along, creates parents and leaves nothing behind.',
  },
  {
    id: 'files.move-replaces',
    source: 'Files.move',
    behaviour: 'Moving onto a file replaces it.',
  },
  {
    id: 'files.move-directory',
    source: 'Files.move',
    behaviour: 'A directory moves with everything in it.',
  },
  {
    id: 'files.remove',
    source: 'Files.remove',
    behaviour: 'Files and whole directories are removed.',
  },
  {
    id: 'files.remove-absent',
    source: 'Files.remove',
    behaviour: 'Removing what is not there says absent.',
  },
  {
    id: 'files.remove-link',
    source: 'Files.remove',
    behaviour: 'Removing a link leaves its target.',
  },
  {
    id: 'files.dot-dot',
    source: 'Files',
    behaviour: 'Paths with .. are resolved in the sandbox and end at its root.',
  },
  {
    id: 'files.relative',
    source: 'Files',
    behaviour: "Relative paths and ~ start at the user's home.",
  },
  {
    id: 'files.bad-path',
    source: 'Files',
    behaviour: 'An empty path and one with NUL are invalid-argument in every call.',
  },
  {
    id: 'files.sparse',
    source: 'Files.read',
    behaviour: 'The start of a huge sparse file can be read without the rest, and reading it whole stops at the limit.',
  },
  {
    id: 'files.parallel',
    source: 'Files.write',
    behaviour: 'Twenty files written at the same time each keep their own content.',
  },
]

export const watchRequirements: readonly Requirement[] = [
  {
    id: 'watch.events',
    source: 'Files.watch',
    behaviour: 'Creating, writing and removing a file in the directory is told with its relative path.',
    needs: ['watch'],
  },
  {
    id: 'watch.rename',
    source: 'FileEvent',
    behaviour: 'Renaming is told for the old name or the new one.',
    needs: ['watch'],
  },
  {
    id: 'watch.recursive',
    source: 'Files.watch',
    behaviour: 'A recursive watch sees files in directories that came later.',
    needs: ['watch'],
  },
  {
    id: 'watch.flat',
    source: 'Files.watch',
    behaviour: 'A watch that is not recursive does not tell what happens further below.',
    needs: ['watch'],
  },
  {
    id: 'watch.dispose',
    source: 'FileWatch',
    behaviour: 'Disposing a watch ends its iteration.',
    needs: ['watch'],
  },
  {
    id: 'watch.missing',
    source: 'Files.watch',
    behaviour: 'Watching what is not there is path-not-found.',
    needs: ['watch'],
  },
  {
    id: 'watch.sandbox-ends',
    source: 'FileWatch',
    behaviour: 'The end of the sandbox ends the iteration with sandbox-not-found.',
    needs: ['watch'],
  },
]

export const userRequirements: readonly Requirement[] = [
  {
    id: 'users.process',
    source: 'ProcessSpec.user',
    behaviour: 'A process runs as the user that was asked for.',
    needs: ['users'],
  },
  {
    id: 'users.files',
    source: 'FileOptions.user',
    behaviour: "A file is written and read with the asked-for user's rights.",
    needs: ['users'],
  },
]
