test "$(id -un)" = user
test "$PWD" = /home/user && test "$PIP_NO_CACHE_DIR" = 1
test "$(sudo -n id -u)" = 0
sudo -n useradd --create-home other
test "$(sudo -n -u other sh -c 'echo $USER; stat -c %U "$HOME"' | sort -u)" = other
test "$(stat -c %U /usr/bin/sudo /etc/shadow "$HOME/.bashrc" | tr '\n' ' ')" = 'root root user '
python3 -c 'import venv, json, ssl, sqlite3; print("python")'
node -e 'console.log(require("node:crypto").randomUUID())'
printf '#include <stdio.h>\nint main(void) { puts("built"); }\n' >hello.c
gcc -Wall -o hello hello.c
test "$(./hello)" = built
printf '#include <iostream>\nint main() { std::cout << "built\\n"; }\n' >hello.cpp
g++ -o hello-cpp hello.cpp
test "$(./hello-cpp)" = built
git init -q repository
cd repository
git config user.email user@example.com
git config user.name user
echo content >file
git add file
git commit -q -m first
test "$(git log --format=%s)" = first
python3 -m venv --without-pip ../environment
../environment/bin/python -c 'print("venv")'
