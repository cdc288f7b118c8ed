set -eu
Xvfb :7 -screen 0 640x480x24 -nolisten tcp >/dev/null 2>&1 &
export DISPLAY=:7
for _ in $(seq 50); do xdotool getdisplaygeometry >/dev/null 2>&1 && break; sleep 0.1; done
[ "$(xdotool getdisplaygeometry)" = '640 480' ]
scrot -o -z /tmp/smoke.png
convert /tmp/smoke.png -resize 10% jpeg:/tmp/smoke.jpg
[ -s /tmp/smoke.jpg ]
kill "$!"
