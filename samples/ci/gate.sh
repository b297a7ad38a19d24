#!/bin/sh
# Plain shell: records a program that is run by other means, and judges it afterwards.
set -e
rm -rf silt-out
silt run --interval 250ms --graph all -- timeout 8 ./program 100000 || [ $? -eq 124 ]
silt check silt-out
