set -eu
[ "$(id -un)" = daytona ]
[ "$HOME" = /home/daytona ]
python -c 'import pandas, matplotlib, IPython; print("ok")' | grep -q ok
pylsp --version
git --version
touch "$HOME/own"
