class Generate { public static void main(String[] a){} }
