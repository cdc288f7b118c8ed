/** A program in Python that makes a system call with these values and a buffer, and prints what came of it. */
export const systemCall = (number: number, ...values: number[]) => `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(256)
result = libc.syscall(${number}, ${values.map(String).join(', ')}${values.length > 0 ? ', ' : ''}buffer)
print('result', result, 'errno', ctypes.get_errno())
`

/** … that writes so many MiB. */
export const write = (path: string, size: number) => `
try:
    with open('${path}', 'wb') as file:
        for _ in range(${size}): file.write(bytes(1048576))
    print('written')
except OSError as error: print('refused', error.errno)
`

/** … that raises a limit of its own. */
export const raise = (name: string, value: number) => `
import resource
try:
    resource.setrlimit(resource.RLIMIT_${name}, (${value}, ${value}))
    print('allowed')
except (ValueError, OSError): print('refused')
`

/** … that prints what it may read. */
export const read = (...paths: readonly string[]) => `
for path in ${JSON.stringify(paths)}:
    try: print(open(path).read()[:2000])
    except OSError: pass
`
