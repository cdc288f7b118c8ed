Rscript -e 'stopifnot(mean(c(1, 2, 3)) == 2); library(ggplot2); library(dplyr); cat(jsonlite::toJSON(1))'
printf 'class Hello { public static void main(String[] words) { System.out.println("built"); } }\n' >Hello.java
javac Hello.java
test "$(java Hello)" = built
test "$(ruby -e 'puts [1, 2, 3].sum')" = 6
printf '#include <Eigen/Dense>\n#include <iostream>\nint main() { std::cout << Eigen::Matrix2d::Identity().trace(); }\n' >matrix.cpp
g++ -I /usr/include/eigen3 -o matrix matrix.cpp
test "$(./matrix)" = 2
python3 -c 'import pandas'
